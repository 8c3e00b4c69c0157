import {
  DockerContainerSlot,
  deployedImages,
  imageSlots,
  readDocker,
  removeContainer,
  runTool,
  type Session,
  SessionSlot,
  splitCommand,
} from "@basalt/actions-common";
import {
  type ActionContext,
  asText,
  defineAction,
  FileStoreToken,
  inNamespace,
  jobError,
  type OpenConsoleOptions,
  openConsole,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  type PtyProcess,
  type PtySpawner,
  PtySpawnerToken,
  toBasaltError,
} from "@basalt/core";
import { clientOf, type Fvp, fvpContainer, fvpInput, modelWords, nameFor, readFvp } from "./fvp-container.js";
import { checkLines, FvpTerminalsSlot, terminalsOf, usesTelnet } from "./fvp-terminals.js";

/** Name of the model's own output in the log, where a terminal is the console. */
const modelOutput = "fvp-model";

/** @throws ERR_FVP_COMMAND (job) where the model's command line can't be split as a shell would */
function checkWords({ program, arguments: texts }: Fvp): void {
  for (const text of [program, ...texts]) {
    try {
      splitCommand(text);
    } catch (cause) {
      throw jobError("ERR_FVP_COMMAND", `boot method fvp: ${toBasaltError(cause).message}`, { cause });
    }
  }
}

/** A program's terminal as a session; closed for good by its `hangUp`. */
function sessionOf(process: PtyProcess, ctx: ActionContext, options: OpenConsoleOptions = {}): Session {
  const console = openConsole(process, ctx, { settleMs: 2, ...options });
  const hangUp = async (): Promise<void> => {
    await console[Symbol.asyncDispose]();
    await process[Symbol.asyncDispose]();
  };
  return { console, prompts: [], lineSeparator: "\n", hangUp };
}

/** Gives the container a user-based license: by an activation code, or from a file. */
const licenseWords = (license: string): readonly string[] =>
  license.includes("/") ? ["armlm", "import", "--file", license] : ["armlm", "activate", "--code", license];

/**
 * `run-fvp`: starts the container, and the model in it. The container outlives the model, so that commands can fetch what it wrote; it
 * is removed when the attempt fails or the job ends.
 */
export function runFvp(request: PlanRequest) {
  const { params } = request;
  const from = readDocker(params.docker)?.networkFrom;
  return defineAction({
    name: "run-fvp",
    summary: "start the model",
    reads: {
      ...imageSlots(deployedImages(request)),
      network: optional(from === undefined ? DockerContainerSlot : inNamespace(DockerContainerSlot, from)),
    },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken, pty: PtySpawnerToken },
    writes: { session: SessionSlot, container: DockerContainerSlot, terminals: FvpTerminalsSlot },
    async validate() {
      checkLines(request);
      checkWords(readFvp(request));
    },
    async run({ files, runner, pty, network, ...input }, ctx) {
      const fvp = readFvp(request);
      const client = clientOf(fvp.device);
      const name = fvp.docker.containerName ?? nameFor("fvp", ctx);
      const shared = from === undefined ? undefined : network;
      ctx.cleanup.defer(`container ${name}`, () => removeContainer(runner, client, name));
      const container = { name, input, files, detached: true, network: shared };
      await runTool(runner, fvpContainer(fvp, ["sleep", "infinity"], container), ctx, fvpInput(fvp));
      const license = asText(params.ubl_license);
      if (license !== undefined) await runTool(runner, [...client, "exec", name, ...licenseWords(license)], ctx);
      const argv = [...client, "exec", "--interactive", "--tty", name, ...modelWords(fvp, input, files)];
      ctx.log.info(`starting ${argv.join(" ")}`);
      const session = sessionOf(await pty.spawn(argv, {}), ctx, usesTelnet(request) ? { feedback: modelOutput } : {});
      return { session, container: name, terminals: await terminalsOf(session.console, request, ctx) };
    },
  });
}

/** `fvp-serial-connect`: telnet, in the container, to each of the model's terminals. */
export const fvpSerialConnect = (request: PlanRequest) =>
  defineAction({
    name: "fvp-serial-connect",
    summary: "open the model's terminals",
    reads: { container: DockerContainerSlot, terminals: FvpTerminalsSlot },
    needs: { pty: PtySpawnerToken },
    writes: { session: SessionSlot },
    async run({ container, terminals, pty }, ctx) {
      const [console, ...others] = terminals;
      const client = clientOf(request.device);
      const open = async (spawner: PtySpawner, port: string, options: OpenConsoleOptions = {}): Promise<Session> => {
        const telnet = ["exec", "--interactive", "--tty", container, "telnet", "localhost", port];
        return sessionOf(await spawner.spawn([...client, ...telnet], {}), ctx, options);
      };
      for (const { name, port } of others) await open(pty, port, { feedback: name });
      return { session: await open(pty, console?.port ?? "") };
    },
  });

/** `read-feedback`: what the other terminals say. The console is left alone: what it said already is waited for next. */
export const readOtherTerminals = defineAction({
  name: "read-feedback",
  summary: "read what the model's other terminals say",
  async run(_input, { job, namespace, signal }) {
    for (const [name, console] of job.consoles.entries())
      if (name !== namespace) await console.drain({ signal, forMs: 20 });
  },
});
