import { DockerContainerSlot, deployedImages, imageSlots, runTool } from "@basalt/actions-common";
import {
  asTexts,
  defineAction,
  type FileStore,
  FileStoreToken,
  isBasaltError,
  type Json,
  jobError,
  type PlanRequest,
  ProcessRunnerToken,
} from "@basalt/core";
import { clientOf, type Fvp, fvpText, fvpWords, readFvp } from "./fvp-container.js";

const filled = (value: Json | undefined): readonly string[] => asTexts(value).filter((text) => text.trim() !== "");

/** Command lines of an action, from what it is planned and run with. */
type CommandLines = (fvp: Fvp, input: unknown, files: FileStore) => readonly (readonly string[])[];

/** An action that runs programs of the job in the model's container; what they end with is the job's. */
const inModelContainer = (name: string, summary: string, request: PlanRequest, lines: CommandLines) =>
  defineAction({
    name,
    summary,
    reads: { ...imageSlots(deployedImages(request)), container: DockerContainerSlot },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    async run({ files, runner, container, ...input }, ctx) {
      const fvp = readFvp(request);
      for (const argv of lines(fvp, input, files)) {
        try {
          await runTool(runner, [...clientOf(fvp.device), "exec", container, ...argv], ctx);
        } catch (error) {
          if (!isBasaltError(error) || error.code !== "ERR_TOOL_FAILED") throw error;
          throw jobError("ERR_FVP_COMMAND", `in the model's container: ${error.message}`, { cause: error });
        }
      }
    },
  });

/** `run-fvp-erpc-app`: a program that talks to the software on the model. */
export const runErpcApp = (request: PlanRequest) =>
  inModelContainer("run-fvp-erpc-app", "run the job's eRPC program", request, (...given) =>
    filled(request.params.erpc_app).map((app) => fvpWords(app, ...given)),
  );

/** `run-fvp-shell-commands`: such as those that fetch what the model wrote. */
export const runShellCommands = (request: PlanRequest) =>
  inModelContainer("run-fvp-shell-commands", "run the job's commands in the model's container", request, (...given) =>
    filled(request.params.commands).map((command) => ["sh", "-c", fvpText(command, ...given)]),
  );
