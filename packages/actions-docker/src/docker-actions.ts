import { posix } from "node:path";
import {
  containerName,
  DockerContainerSlot,
  dockerProgram,
  downloadsFolder,
  fetchDockerImage,
  OverlaySlot,
  removeContainer,
  SessionSlot,
  splitCommand,
} from "@basalt/actions-common";
import {
  asText,
  asTexts,
  DispatcherToken,
  defineAction,
  type FileStore,
  FileStoreToken,
  jobError,
  openConsole,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  PtySpawnerToken,
} from "@basalt/core";
import { daemonOf, deviceContainer, readImage } from "./docker-device.js";

/** `deploy-docker`: the image is fetched. */
export const deployDocker = (image: ReturnType<typeof readImage>) =>
  defineAction({
    name: "deploy-docker",
    summary: "fetch the container's image",
    needs: { runner: ProcessRunnerToken },
    async run({ runner }, ctx) {
      if (image) await fetchDockerImage(runner, image, ctx, daemonOf(ctx.job.device, "deploy"));
    },
  });

async function downloads(files: FileStore, namespace: string) {
  const folder = downloadsFolder(files, namespace);
  return (await files.exists(folder)) ? [{ source: folder, target: "/lava-downloads" }] : [];
}

/** The image that the last deploy before a block gave its namespace. */
export function deployedImage({ job, block }: Pick<PlanRequest, "job" | "block">) {
  const deploy = job.blocks.findLast(
    ({ section, namespace, index, params }) =>
      section === "deploy" && namespace === block.namespace && index < block.index && params.to === "docker",
  );
  return readImage(deploy?.params.image);
}

const noImage = (namespace: string) =>
  jobError(
    "ERR_DOCKER_IMAGE",
    `boot method docker has no image: no earlier 'to: docker' of namespace '${namespace}' brings one`,
  );

/** `docker-run`: starts the container, in a terminal that is the console. It is removed when the attempt fails or the job ends. */
export function dockerRunAction(request: PlanRequest) {
  const docker = deployedImage(request);
  const { params, device } = request;
  return defineAction({
    name: "docker-run",
    summary: "start the container",
    reads: { overlay: optional(OverlaySlot) },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken, pty: PtySpawnerToken, dispatcher: DispatcherToken },
    writes: { session: SessionSlot, container: DockerContainerSlot },
    async validate(_services, ctx) {
      if (!docker) throw noImage(ctx.namespace);
    },
    async run({ overlay, files, runner, pty, dispatcher }, ctx) {
      if (!docker) throw noImage(ctx.namespace);
      const name = docker.containerName ?? containerName("docker", dispatcher.prefix, ctx.job.id, ctx.level);
      const { folder, resultsDir } = overlay ?? {};
      const argv = deviceContainer({
        device,
        docker,
        name,
        mounts: [
          ...(folder !== undefined && resultsDir !== undefined
            ? [{ source: posix.join(folder, resultsDir), target: resultsDir }]
            : []),
          ...(await downloads(files, asText(params["downloads-namespace"]) ?? ctx.namespace)),
        ],
        command: splitCommand(asText(params.command) ?? ""),
      });
      ctx.log.info(`starting ${argv.join(" ")}`);
      ctx.cleanup.defer(`container ${name}`, () =>
        removeContainer(runner, dockerProgram({ host: daemonOf(device, "boot") }), name),
      );
      const console = openConsole(await pty.spawn(argv, {}), ctx);
      return { session: { console, prompts: asTexts(params.prompts), lineSeparator: "\n" }, container: name };
    },
  });
}
