import { posix } from "node:path";
import {
  type ActionContext,
  type FileStore,
  type ProcessResult,
  type ProcessRunner,
  toBasaltError,
} from "@basalt/core";
import { runTool, type ToolOptions } from "../run-tool.js";
import { matchesUsb, type UsbFilter, usbDevices } from "../usb/index.js";
import { containerName, dockerProgram, dockerRun } from "./docker-command.js";
import { type DockerSpec, dockerOptions } from "./docker-spec.js";

/** Logs in to the registry where the job has an account, and pulls the image unless the job says it is here. */
export const fetchDockerImage = (runner: ProcessRunner, spec: DockerSpec, ctx: ActionContext, host?: string) =>
  fetchImageWith(dockerProgram({ host, device: dockerOptions(ctx.job.device) }), runner, spec, ctx);

/** The same with a docker client of the caller's: its program and the options before its command. */
export async function fetchImageWith(
  docker: readonly string[],
  runner: ProcessRunner,
  spec: DockerSpec,
  ctx: ActionContext,
): Promise<void> {
  const { login, image, local } = spec;
  if (login)
    await runTool(runner, [...docker, "login", "--username", login.user, "--password-stdin", login.registry], ctx, {
      input: login.password,
    });
  if (local) await runTool(runner, [...docker, "image", "inspect", "--format", `image ${image} exists`, image], ctx);
  else await runTool(runner, [...docker, "pull", image], ctx);
}

/** Removes a container that may still run; that it is gone already is no trouble. */
export async function removeContainer(runner: ProcessRunner, docker: readonly string[], name: string): Promise<void> {
  const { signal } = new AbortController(); // the action's own has aborted by now
  await runner.run([...docker, "rm", "--force", name], { signal });
}

/** What a tool that may run in a container needs. */
export interface ToolPlace {
  readonly runner: ProcessRunner;
  readonly files: FileStore;
  /** Absent: on the worker itself. */
  readonly docker?: DockerSpec | undefined;
  /** USB devices that the container is given, those that are plugged in when it starts. */
  readonly usb?: UsbFilter;
  /** Files and device nodes the tool is called with: the container sees their folders at the same place. */
  readonly paths?: readonly string[];
  readonly network?: string | undefined;
}

/** Nodes of the devices that match; none where nothing identifies them. */
async function nodesOf(files: FileStore, usb: UsbFilter | undefined): Promise<readonly string[]> {
  if (!usb || usb.serials.length === 0) return [];
  return (await usbDevices(files)).filter((device) => matchesUsb(device, usb)).map(({ node }) => node);
}

/** Runs a tool where the job wants it: on the worker, or in its container with the board's USB devices and the files it is given. */
export async function runToolInPlace(
  place: ToolPlace,
  argv: readonly string[],
  ctx: ActionContext,
  options: ToolOptions = {},
): Promise<ProcessResult> {
  const { runner, files, docker, usb, paths = [], network } = place;
  if (!docker) return runTool(runner, argv, ctx, options);
  const device = dockerOptions(ctx.job.device);
  const name = docker.containerName ?? containerName(`docker-${argv[0]}`, "", ctx.job.id, ctx.level);
  const nodes = paths.filter((path) => path.startsWith("/dev/"));
  const folders = [...new Set(paths.filter((path) => !path.startsWith("/dev/")).map((path) => posix.dirname(path)))];
  const run = dockerRun(
    {
      image: docker.image,
      name,
      device,
      network,
      devices: [...(await nodesOf(files, usb)), ...nodes],
      mounts: folders.map((folder) => ({ source: folder, target: folder })),
    },
    argv,
  );
  await fetchDockerImage(runner, docker, ctx);
  try {
    return await runTool(runner, run, ctx, options);
  } catch (error) {
    if (ctx.signal.aborted)
      await removeContainer(runner, dockerProgram({ device }), name).catch((failure: unknown) =>
        ctx.log.warning(`container ${name} may be left behind: ${toBasaltError(failure).message}`),
      );
    throw error;
  }
}
