import { readDocker, runToolInPlace, type ToolPlace, usbDevices } from "@basalt/actions-common";
import {
  asText,
  asTexts,
  type Device,
  defineAction,
  dig,
  FileStoreToken,
  infrastructureError,
  type JsonObject,
  jobError,
  ProcessRunnerToken,
} from "@basalt/core";
import { buildFiles, pathIn } from "./build-files.js";
import { BuildFolderSlot } from "./build-folder.js";
import { isInEdlMode, qdlId, qdlParameters } from "./edl-mode.js";
import { qdlVersion, versionOptions } from "./qdl-version.js";

const programOf = (device: Device): string => asText(dig(qdlParameters(device), "command")) ?? "qdl";

/** `flash-qdl`: `qdl OPTIONS PROGRAM RAWPROGRAM... PATCH...` in the build's folder. */
export const flashQdl = (params: JsonObject) => {
  const docker = readDocker(params.docker);
  return defineAction({
    name: "flash-qdl",
    summary: "flash the build with qdl",
    reads: { build: BuildFolderSlot },
    needs: { runner: ProcessRunnerToken, files: FileStoreToken },
    async validate({ runner, files }, ctx) {
      if (asTexts(params.patch).length === 0)
        throw jobError("ERR_QDL_PATCH", "boot method qdl needs 'patch', like patch0.xml, beside 'rawprogram'");
      const program = programOf(ctx.job.device);
      if (!docker) await qdlVersion(program, { runner, files }, ctx);
      else if ((await runner.find("docker")) === undefined)
        throw infrastructureError("ERR_TOOL_MISSING", "docker is not installed on this worker");
    },
    async run({ build, runner, files }, ctx) {
      const { device } = ctx.job;
      const program = programOf(device);
      const path = asText(params.path) ?? ".";
      const where = { build, path };
      const names = [asText(params.firehose_program) ?? "", ...asTexts(params.rawprogram), ...asTexts(params.patch)];
      const flashed = await buildFiles(files, where, names);
      const folder = pathIn(build, path);
      const node = (await usbDevices(files)).find((found) => isInEdlMode(found, device))?.node;
      // a container sees the folders of these: the whole build, and the board
      const place: ToolPlace = { runner, files, docker, paths: [`${build}/.`, ...(node ? [node] : [])] };
      const version = await qdlVersion(program, place, ctx);
      const storage = asText(params.storage);
      const argv = [
        ...[program, ...versionOptions(version), ...(params.debug === true ? ["--debug"] : [])],
        ...["--serial", qdlId(device), ...(storage === undefined ? [] : ["--storage", storage])],
        ...["--include", folder, ...flashed],
      ];
      await runToolInPlace(place, argv, ctx, { cwd: folder });
    },
  });
};
