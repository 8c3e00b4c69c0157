import { posix } from "node:path";
import {
  containerName,
  dockerOptions,
  dockerProgram,
  dockerRun,
  downloadsFolder,
  fetchDockerImage,
  readDocker,
  removeContainer,
  runTool,
} from "@basalt/actions-common";
import {
  asTexts,
  DispatcherToken,
  defineAction,
  FileStoreToken,
  type JsonObject,
  jobError,
  ProcessRunnerToken,
} from "@basalt/core";

/** Where the container sees the files. */
const inContainer = "/lava-downloads";
const scriptName = "postprocess.sh";

/** Runs the job's steps on the files that were downloaded, as a script in a container. */
export const postprocessDocker = (params: JsonObject) =>
  defineAction({
    name: "download-postprocess-docker",
    summary: "work on the files in a container",
    needs: { runner: ProcessRunnerToken, files: FileStoreToken, dispatcher: DispatcherToken },
    async validate() {
      if (!readDocker(params)) throw jobError("ERR_DOCKER_IMAGE", "postprocess.docker: name an image");
    },
    async run({ runner, files, dispatcher }, ctx) {
      const spec = readDocker(params);
      if (!spec) throw jobError("ERR_DOCKER_IMAGE", "postprocess.docker: name an image");
      const folder = downloadsFolder(files, ctx.namespace);
      const steps = ["#!/bin/sh", "set -e", "set -x", `cd ${inContainer}`, ...asTexts(params.steps)];
      await files.write(posix.join(folder, scriptName), `${steps.join("\n")}\n`, 0o755);
      await fetchDockerImage(runner, spec, ctx);
      const device = dockerOptions(ctx.job.device);
      const name = spec.containerName ?? containerName("downloads", dispatcher.prefix, ctx.job.id, ctx.level);
      ctx.cleanup.defer("the container of postprocess", () => removeContainer(runner, dockerProgram({ device }), name));
      const run = {
        image: spec.image,
        name,
        device,
        devices: asTexts(params.devices),
        mounts: [{ source: folder, target: inContainer }],
      };
      await runTool(runner, dockerRun(run, ["sh", posix.join(inContainer, scriptName)]), ctx);
      await files.remove(posix.join(folder, scriptName));
    },
  });
