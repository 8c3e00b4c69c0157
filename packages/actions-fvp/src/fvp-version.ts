import { fetchDockerImage, removeContainer, runTool } from "@basalt/actions-common";
import {
  type ActionContext,
  asText,
  compilePattern,
  defineAction,
  infrastructureError,
  jobError,
  type PlanRequest,
  type ProcessResult,
  type ProcessRunner,
  ProcessRunnerToken,
} from "@basalt/core";
import { clientOf, type Fvp, fvpContainer, fvpInput, nameFor, readFvp } from "./fvp-container.js";

const defaultVersion = "Fast Models[^\\n]+";

async function askVersion(runner: ProcessRunner, fvp: Fvp, ctx: ActionContext): Promise<ProcessResult> {
  const name = nameFor("fvp-version", ctx);
  try {
    return await runTool(runner, fvpContainer(fvp, [fvp.program, "--version"], { name }), ctx, fvpInput(fvp));
  } catch (error) {
    if (ctx.signal.aborted) await removeContainer(runner, clientOf(fvp.device), name); // its client was ended, not it
    throw error;
  }
}

/** `check-fvp-version`: fetches the container's image and asks the model for its version. */
export const checkFvpVersion = (request: PlanRequest) =>
  defineAction({
    name: "check-fvp-version",
    summary: "ask the model for its version",
    needs: { runner: ProcessRunnerToken },
    async validate({ runner }) {
      readFvp(request);
      compilePattern(asText(request.params.version_string) ?? defaultVersion);
      if ((await runner.find("docker")) === undefined)
        throw infrastructureError(
          "ERR_TOOL_MISSING",
          "docker is not installed on this worker, and models run in containers",
        );
    },
    async run({ runner }, ctx) {
      const fvp = readFvp(request);
      const wanted = asText(request.params.version_string) ?? defaultVersion;
      await fetchDockerImage(runner, fvp.docker, ctx);
      const { stdout, stderr } = await askVersion(runner, fvp, ctx);
      const found = compilePattern(wanted).search(`${stdout}\n${stderr}`);
      if (!found)
        throw jobError(
          "ERR_FVP_VERSION",
          `${fvp.program} --version printed nothing like '${wanted}': ${(stdout.trim() || stderr.trim()).slice(0, 500) || "it printed nothing"}`,
        );
      ctx.log.info(`the model is ${found.text}`);
      ctx.addExtra("fvp-version", found.text);
    },
  });
