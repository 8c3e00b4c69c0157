import { posix } from "node:path";
import {
  type AnyAction,
  ArchiverToken,
  asObject,
  asText,
  configurationError,
  type DeploymentData,
  type Device,
  DispatcherToken,
  defineAction,
  dig,
  type FileStore,
  FileStoreToken,
  findConstant,
  hasKey,
  type Job,
  jobError,
  methodNames,
  methodOptions,
} from "@basalt/core";
import { OverlayFileSlot, OverlaySlot, TestRunsSlot } from "../slots.js";
import type { DefinitionEntry } from "./definitions.js";
import { environmentFile, secretsFile } from "./environment.js";
import { helperFiles } from "./helper-files.js";
import { commonScripts, multinodeScripts } from "./helper-scripts.js";

/** Where tests live on the device and which shell runs them: context, deployment data, the device's `constants.posix`. */
function placesOnDevice(job: Job, device: Device, data: DeploymentData, jobId: string) {
  const sources = { context: job.context, deploymentData: data, device };
  const text = (key: string, fallback: string): string => asText(findConstant(sources, key, "posix")) ?? fallback;
  return {
    resultsDir: text("lava_test_results_dir", "/lava-%s").replace("%s", jobId),
    shell: text("lava_test_sh_cmd", "/bin/sh"),
  };
}

async function writeHelpers(files: FileStore, folder: string, helpers: ReadonlyMap<string, string>): Promise<void> {
  await Promise.all([...helpers].map(([name, text]) => files.write(posix.join(folder, name), text, 0o755)));
}

/** Begins an overlay: its folders, the test shell's commands, `environment` and `secrets`. */
export const beginOverlay = (name: string, data: DeploymentData): AnyAction =>
  defineAction({
    name,
    summary: "put together what the device needs to run tests",
    needs: { files: FileStoreToken, dispatcher: DispatcherToken },
    writes: { overlay: OverlaySlot, runs: TestRunsSlot },
    async run({ dispatcher, files }, ctx) {
      const { device, job } = ctx.job;
      const folder = await files.makeFolder("lava-create-overlay");
      const overlay = { folder, ...placesOnDevice(job, device, data, ctx.job.id) };
      const inside = posix.join(folder, overlay.resultsDir);
      await writeHelpers(files, posix.join(inside, "bin"), helperFiles(commonScripts, overlay.shell, device));
      const request = {
        device,
        job,
        jobId: ctx.job.id,
        dispatcher,
        onWarning: (text: string) => ctx.log.warning(text),
      };
      await files.write(posix.join(inside, "environment"), environmentFile(request));
      await files.write(posix.join(inside, "secrets"), secretsFile(request), 0o600);
      ctx.log.debug(`the overlay is made in ${inside}`);
      return { overlay, runs: [] };
    },
  });

/** Whether the device's deploy methods name ssh at all: then LAVA plans the key, wanted or not (lava-dispatcher.md 9, 8). */
export const plansSshKey = (device: Device): boolean =>
  methodNames(device, "deploy").some((method) => method.includes("ssh"));

/** Lets the worker's ssh key in, where the block says `authorize: ssh`. */
export const sshAuthorize = defineAction({
  name: "ssh-authorize",
  summary: "let the worker's ssh key in, where the job asks for it",
  reads: { overlay: OverlaySlot },
  needs: { files: FileStoreToken },
  async run({ files, overlay }, ctx) {
    if (asText(ctx.parameters.authorize) !== "ssh") return;
    const identity = asText(methodOptions(ctx.job.device, "deploy", "ssh").identity_file);
    if (identity === undefined || !posix.isAbsolute(identity))
      throw configurationError(
        "ERR_SSH_KEY",
        `authorize: ssh: device ${ctx.job.device.hostname} names no identity_file with an absolute path in actions.deploy.methods.ssh`,
      );
    const key = await files.readText(`${identity}.pub`);
    await files.write(posix.join(overlay.folder, "root/.ssh/authorized_keys"), key, 0o600);
  },
});

const multinodeOf = (job: Job) => asObject(job.protocols["lava-multinode"]);

/** Adds the commands by which the jobs of a MultiNode group talk; nothing in other jobs. */
export const multinodeOverlay = defineAction({
  name: "lava-multinode-overlay",
  summary: "add the MultiNode commands, where the job is one of a group",
  reads: { overlay: OverlaySlot },
  needs: { files: FileStoreToken },
  async run({ files, overlay }, ctx) {
    const group = multinodeOf(ctx.job.job);
    if (!hasKey(group, "target_group")) {
      ctx.log.debug("this job is not one of a group");
      return;
    }
    const inside = posix.join(overlay.folder, overlay.resultsDir);
    await writeHelpers(files, posix.join(inside, "bin"), helperFiles(multinodeScripts, overlay.shell, ctx.job.device));
    const roles = Object.entries(asObject(group.roles)).map(([client, role]) => `${client} ${asText(role) ?? ""}\n`);
    await files.write(posix.join(inside, "multinode-group"), roles.join(""));
    const values = Object.entries(group).flatMap(([key, value]) =>
      asText(value) === undefined ? [] : [`${key} ${asText(value)}\n`],
    );
    await files.write(posix.join(inside, "multinode-config"), values.join(""));
    const own = `export LAVA_MULTINODE_ROLE='${asText(group.role) ?? ""}'\nexport LAVA_MULTINODE_SELF='${ctx.job.id}'\n`;
    const environment = posix.join(inside, "environment");
    await files.write(environment, (await files.readText(environment)) + own);
  },
});

/** Names that LAVA's own results and folders use, or that no path or suite may have. */
function checkName({ name }: DefinitionEntry): void {
  if (!/^[\w-]+$/.test(name))
    throw jobError("ERR_TESTDEF_NAME", `test definition '${name}': a name has letters, digits, _ and - only`);
  if (name === "lava") throw jobError("ERR_TESTDEF_NAME", "test definition 'lava': this name is LAVA's own");
}

/** Checks the definitions that its children then bring in. */
export const checkDefinitions = (entries: readonly DefinitionEntry[]) =>
  defineAction({
    name: "test-definition",
    summary: "bring the test definitions into the overlay",
    async validate() {
      entries.forEach(checkName);
    },
    async run(_input, ctx) {
      ctx.log.info(`${entries.length} test definitions`);
    },
  });

/** Packs the overlay for its way to the device. */
export const compressOverlay = defineAction({
  name: "compress-overlay",
  summary: "pack the overlay",
  reads: { overlay: OverlaySlot },
  needs: { files: FileStoreToken, archiver: ArchiverToken },
  writes: { file: OverlayFileSlot },
  async run({ archiver, files, overlay }, ctx) {
    const file = posix.join(await files.makeFolder("compress-overlay"), "overlay.tar.gz");
    await archiver.packTar(overlay.folder, file, { compression: "gz", signal: ctx.signal });
    ctx.log.debug(`the overlay is packed: ${await files.size(file)} bytes`);
    return { file };
  },
});

/** Whether this job is one of a MultiNode group, which the server split. */
export const isMultinode = (job: Job): boolean => dig(job.protocols, "lava-multinode", "target_group") !== undefined;
