import { posix } from "node:path";
import {
  containerName,
  type DockerSpec,
  dockerOptions,
  dockerProgram,
  dockerRun,
  fetchImageWith,
  readDocker,
  removeContainer,
  runTool,
  splitCommand,
} from "@basalt/actions-common";
import {
  type ActionContext,
  configurationError,
  infrastructureError,
  type PlanRequest,
  type ProcessRunner,
  toBasaltError,
} from "@basalt/core";
import { type FoundValue, filled, uuuOptions } from "./uuu-device.js";

/** Where uuu and bcu run. */
export interface UuuPlace {
  /** Absent: on the worker itself. */
  readonly docker?: DockerSpec;
  /** The docker client, with the options that name another machine's daemon. */
  readonly client: readonly string[];
  /** What the device asks of containers. */
  readonly options: readonly string[];
  /** The daemon is another machine's: it sees none of the worker's files. */
  readonly remote: boolean;
}

/** Reads it: the block's container, else the device's. @throws ERR_DEVICE_INVALID (configuration) */
export function uuuPlace({ params, device }: Pick<PlanRequest, "params" | "device">): UuuPlace {
  const options = uuuOptions(device);
  const [image] = filled(options.docker_image);
  const docker = readDocker(params.docker) ?? (image === undefined ? undefined : { image, local: false });
  const remote = filled(options.remote_options).flatMap((words) => splitCommand(words));
  if (remote.length > 0 && !docker)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `device ${device.hostname} has remote_options, which are docker's: add docker_image, or docker to the boot block`,
    );
  const own = dockerOptions(device);
  const client = [...dockerProgram({ device: own }), ...remote];
  return { ...(docker ? { docker } : {}), client, options: own.options, remote: remote.length > 0 };
}

/** The values of a dictionary's key, or what its command prints. @throws ERR_TOOL_FAILED, ERR_UUU_PATH (infrastructure) */
export async function findValues(
  runner: ProcessRunner,
  { key, values, command }: FoundValue,
  ctx: ActionContext,
): Promise<readonly string[]> {
  if (values.length > 0) return values;
  const [line = ""] = command;
  const argv = command.length === 1 ? splitCommand(line) : command;
  const { stdout } = await runTool(runner, argv, ctx);
  const printed = stdout.split(/\s+/).filter((word) => word !== "");
  if (printed.length > 0) return printed;
  throw infrastructureError(
    "ERR_UUU_PATH",
    `${key}_command printed nothing: ${argv.join(" ")}; is the board plugged in?`,
  );
}

interface InContainer extends Pick<UuuPlace, "client" | "options"> {
  readonly docker: DockerSpec;
  readonly name: string;
}

// the board leaves USB and comes back as another device while uuu works: the container must see nodes made after it was started
const extra = ["--privileged", "--volume=/dev:/dev"];

/** `docker run` with the client's options. */
function containerLine(
  { docker, client, options, name }: InContainer,
  argv: readonly string[],
  folders: readonly string[],
): readonly string[] {
  const mounts = folders.map((folder) => ({ source: folder, target: folder }));
  const run = { image: docker.image, name, mounts, device: { globalOptions: [], options }, extra };
  const [, ...words] = dockerRun(run, argv);
  return [...client, ...words];
}

/** On another machine: files are copied into the container before its program starts. */
async function runRemotely(
  runner: ProcessRunner,
  where: InContainer,
  { argv, files }: ToolLine,
  ctx: ActionContext,
): Promise<void> {
  const { client, name } = where;
  const inside = new Map(files.map((file, index) => [file, `/basalt-${index}-${posix.basename(file)}`]));
  const longestFirst = [...inside].sort(([a], [b]) => b.length - a.length);
  const words = argv.map((word) => longestFirst.reduce((text, [file, there]) => text.replaceAll(file, there), word));
  const create = containerLine(where, words, []).map((word, index) =>
    index === client.length && word === "run" ? "create" : word,
  );
  await runTool(runner, create, ctx);
  for (const [file, there] of inside) await runTool(runner, [...client, "cp", file, `${name}:${there}`], ctx);
  await runTool(runner, [...client, "start", "--attach", name], ctx);
}

/** A program and the worker's files that it is called with. */
export interface ToolLine {
  readonly argv: readonly string[];
  readonly files: readonly string[];
}

/**
 * Runs uuu or bcu where the job wants it; `nth` tells containers of one action apart.
 * @throws ERR_TOOL_FAILED, ERR_TOOL_MISSING (infrastructure)
 */
export async function runUuuTool(
  runner: ProcessRunner,
  place: UuuPlace,
  line: ToolLine,
  { ctx, nth }: { readonly ctx: ActionContext; readonly nth: number },
): Promise<void> {
  const { docker, client, options, remote } = place;
  const { argv, files } = line;
  if (!docker) return void (await runTool(runner, argv, ctx));
  const name = docker.containerName ?? containerName(`docker-${argv[0]}`, "", ctx.job.id, `${ctx.level}-${nth}`);
  const where = { docker, client, options, name };
  const folders = [...new Set(files.map((file) => posix.dirname(file)))];
  await fetchImageWith(client, runner, docker, ctx);
  try {
    if (remote) await runRemotely(runner, where, line, ctx);
    else await runTool(runner, containerLine(where, argv, folders), ctx);
  } catch (error) {
    // one that was started removes itself; one that was only created, or whose client was ended, does not
    if (remote || ctx.signal.aborted)
      await removeContainer(runner, client, name).catch((failure: unknown) =>
        ctx.log.warning(`container ${name} may be left behind: ${toBasaltError(failure).message}`),
      );
    throw error;
  }
}
