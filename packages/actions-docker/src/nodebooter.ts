import { posix } from "node:path";
import {
  autoLogin,
  containerName,
  containerOptions,
  DockerContainerSlot,
  dockerProgram,
  dockerRun,
  downloadsFolder,
  fetchDockerImage,
  OverlaySlot,
  overlayUnpack,
  readDocker,
  removeContainer,
  resetDevice,
  runTool,
  SessionSlot,
  splitCommand,
} from "@basalt/actions-common";
import {
  acceptIf,
  asObject,
  asText,
  asTexts,
  DispatcherToken,
  defineAction,
  defineStrategy,
  FileStoreToken,
  hasKey,
  hasMethod,
  type JsonObject,
  jobError,
  methodOptions,
  openConsole,
  optional,
  ProcessRunnerToken,
  PtySpawnerToken,
  retry,
} from "@basalt/core";
import { nodebooterSchema } from "./schema.js";

/**
 * `run-nodebooter-container`: starts the container that serves the board. The board's console is the one that an earlier block opened,
 * if that lives; else the container's terminal. The container is removed when the attempt fails or the job ends.
 */
const runContainer = (params: JsonObject) => {
  const docker = readDocker(params.docker);
  return defineAction({
    name: "run-nodebooter-container",
    summary: "start the container that the board boots from",
    reads: { overlay: optional(OverlaySlot), current: optional(SessionSlot) },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken, pty: PtySpawnerToken, dispatcher: DispatcherToken },
    writes: { session: SessionSlot, container: DockerContainerSlot },
    async validate() {
      if (!docker) throw jobError("ERR_DOCKER_IMAGE", "boot method nodebooter needs 'docker', as in {image: IMAGE}");
    },
    async run({ overlay, current, files, runner, pty, dispatcher }, ctx) {
      const { image = "", containerName: own, networkFrom } = docker ?? {};
      const name = own ?? containerName("nodebooter", dispatcher.prefix, ctx.job.id, ctx.level);
      const downloads = downloadsFolder(files, asText(params["downloads-namespace"]) ?? ctx.namespace);
      const mounts = [
        ...(overlay ? [{ source: posix.join(overlay.folder, overlay.resultsDir), target: overlay.resultsDir }] : []),
        ...((await files.exists(downloads)) ? [{ source: downloads, target: "/lava-downloads" }] : []),
      ];
      const { options } = methodOptions(ctx.job.device, "boot", "nodebooter");
      const network = networkFrom === undefined ? undefined : `container:${networkFrom}`;
      const run = { image, name, interactive: true, mounts, network, extra: containerOptions(asObject(options)) };
      const argv = dockerRun(run, splitCommand(asText(params.command) ?? ""));
      if (docker) await fetchDockerImage(runner, docker, ctx);
      ctx.log.info(`starting ${argv.join(" ")}`);
      ctx.cleanup.defer(`container ${name}`, () => removeContainer(runner, dockerProgram(), name));
      const boardIsOpen = current !== undefined && !current.console.closed;
      const console = openConsole(await pty.spawn(argv, {}), ctx);
      if (boardIsOpen) ctx.job.consoles.set(ctx.namespace, current.console);
      const ownSession = { console, prompts: asTexts(params.prompts), lineSeparator: "\n" };
      return { session: boardIsOpen ? current : ownSession, container: name };
    },
  });
};

/** `configure-nodebooter`: runs the device's `commands` in the container, one after the other; there may be none. */
const configure = defineAction({
  name: "configure-nodebooter",
  summary: "tell the container about the board",
  reads: { container: DockerContainerSlot },
  needs: { runner: ProcessRunnerToken },
  async run({ container, runner }, ctx) {
    for (const command of asTexts(methodOptions(ctx.job.device, "boot", "nodebooter").commands))
      await runTool(runner, [...dockerProgram(), "exec", container, ...splitCommand(command)], ctx);
  },
});

/** `method: nodebooter` (lava-dispatcher.md 7.2): the board is reset when the container is there for it. */
export const nodebooter = defineStrategy({
  section: "boot",
  method: "nodebooter",
  compatibility: 4,
  schema: nodebooterSchema,
  accepts: ({ device }) =>
    acceptIf(hasMethod(device, "boot", "nodebooter"), "the device lists no boot method 'nodebooter'"),
  plan(request) {
    const { params, device, namespace } = request;
    const login = hasKey(params, "prompts");
    return retry(
      "boot-nodebooter",
      runContainer(params),
      configure,
      resetDevice(device),
      login && autoLogin(request),
      login &&
        namespace.hasShell &&
        hasKey(params, "transfer_overlay") &&
        overlayUnpack(asObject(params.transfer_overlay)),
    );
  },
});
