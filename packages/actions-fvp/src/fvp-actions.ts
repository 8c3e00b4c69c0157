import {
  DockerContainerSlot,
  deployedImages,
  fetchDockerImage,
  imageSlots,
  promptPatterns,
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
  asTexts,
  type Console,
  compilePattern,
  defineAction,
  FileStoreToken,
  infrastructureError,
  inNamespace,
  jobError,
  type OpenConsoleOptions,
  openConsole,
  optional,
  type PlanRequest,
  type ProcessResult,
  type ProcessRunner,
  ProcessRunnerToken,
  type PtyProcess,
  type PtySpawner,
  PtySpawnerToken,
  slot,
  toBasaltError,
} from "@basalt/core";
import { clientOf, type Fvp, fvpContainer, modelWords, nameFor, readFvp } from "./fvp-container.js";

/** A serial terminal of the running model. */
export interface FvpTerminal {
  readonly name: string;
  readonly port: string;
}
/** The terminals of the running model: its console first, then those that are listened to. */
export const FvpTerminalsSlot = slot<readonly FvpTerminal[]>("fvp.terminals");

const defaultVersion = "Fast Models[^\\n]+";
/** Name of the model's own output in the log, where a terminal is the console. */
const modelOutput = "fvp-model";

/** Whether the console is one of the model's terminals: where not, it is what the model prints itself. */
export const usesTelnet = ({ params }: Pick<PlanRequest, "params">): boolean =>
  params.use_telnet === undefined || Boolean(params.use_telnet);

/** What the model must print, and the groups that are taken from it. */
function wantedLines(
  request: PlanRequest,
): readonly { readonly pattern: string; readonly groups: readonly string[] }[] {
  const { params } = request;
  const first = asText(params.console_string) ?? "";
  if (!usesTelnet(request)) return [{ pattern: first, groups: [] }];
  const feedbacks = asTexts(params.feedbacks).map((pattern) => ({ pattern, groups: ["NAME", "PORT"] }));
  return [{ pattern: first, groups: ["PORT"] }, ...feedbacks];
}

/** @throws ERR_FVP_PATTERN, ERR_PATTERN_SYNTAX (job) */
function checkLines(request: PlanRequest): void {
  for (const { pattern, groups } of wantedLines(request)) {
    if (pattern === "")
      throw jobError("ERR_FVP_PATTERN", "boot method fvp: console_string is empty: nothing to wait for");
    const known = compilePattern(pattern).groupNames;
    for (const group of groups)
      if (!known.has(group))
        throw jobError(
          "ERR_FVP_PATTERN",
          `boot method fvp: '${pattern}' has no group ${group}: name it, as in (?P<${group}>${group === "PORT" ? "\\d+" : "terminal_1"})`,
        );
  }
}

async function askVersion(runner: ProcessRunner, fvp: Fvp, ctx: ActionContext): Promise<ProcessResult> {
  const name = nameFor("fvp-version", ctx);
  try {
    return await runTool(runner, fvpContainer(fvp, [fvp.program, "--version"], { name }), ctx);
  } catch (error) {
    if (ctx.signal.aborted) await removeContainer(runner, clientOf(fvp.device), name); // its client was ended, not it
    throw error;
  }
}

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

/** A program's terminal as a session; closed for good by its `hangUp`. */
function sessionOf(process: PtyProcess, ctx: ActionContext, options: OpenConsoleOptions = {}): Session {
  const console = openConsole(process, ctx, { settleMs: 2, ...options });
  const hangUp = async (): Promise<void> => {
    await console[Symbol.asyncDispose]();
    await process[Symbol.asyncDispose]();
  };
  return { console, prompts: [], lineSeparator: "\n", hangUp };
}

/** Waits for all lines, whatever their order: models open their terminals as they like. */
async function terminalsOf(
  console: Console,
  request: PlanRequest,
  ctx: ActionContext,
): Promise<readonly FvpTerminal[]> {
  const wanted = wantedLines(request);
  const found = new Map<number, FvpTerminal>();
  while (found.size < wanted.length) {
    const open = wanted.map((line, index) => ({ ...line, index })).filter(({ index }) => !found.has(index));
    ctx.log.info(`waiting for ${open.map(({ pattern }) => `'${pattern}'`).join(", ")}`);
    const hit = await console.expect(promptPatterns(open.map(({ pattern }) => pattern)), { signal: ctx.signal });
    const { index = 0 } = open[hit.index] ?? {};
    found.set(index, { name: hit.named.NAME ?? "console", port: hit.named.PORT ?? "" });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, terminal]) => terminal);
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
      await runTool(runner, fvpContainer(fvp, ["sleep", "infinity"], container), ctx);
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
