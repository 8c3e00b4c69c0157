import {
  adbSerial,
  containerName,
  dockerOptions,
  dockerRun,
  fetchDockerImage,
  OverlayFileSlot,
  readDocker,
  runToolInPlace,
  type Session,
  SessionSlot,
  sendLine,
  usbDevices,
  waitForPrompt,
} from "@basalt/actions-common";
import {
  type ActionContext,
  asText,
  asTexts,
  configurationError,
  type Device,
  defineAction,
  type FileStore,
  FileStoreToken,
  findConstant,
  openConsole,
  optional,
  type ProcessRunner,
  ProcessRunnerToken,
  type PtySpawner,
  PtySpawnerToken,
} from "@basalt/core";

function serialOf(device: Device): string {
  const serial = adbSerial(device);
  if (serial !== undefined) return serial;
  throw configurationError(
    "ERR_ADB_SERIAL",
    `device ${device.hostname} has no adb_serial_number: add it to its dictionary`,
  );
}

interface Services {
  readonly runner: ProcessRunner;
  readonly files: FileStore;
  readonly pty: PtySpawner;
}
type Tools = Pick<Services, "runner" | "files">;

async function adb(tools: Tools, command: readonly string[], ctx: ActionContext, paths: readonly string[] = []) {
  const serial = serialOf(ctx.job.device);
  const place = { ...tools, docker: readDocker(ctx.parameters.docker), usb: { serials: [serial] }, paths };
  await runToolInPlace(place, ["adb", "-s", serial, ...command], ctx);
}

/** The command that opens the device's shell, in the job's container where it names one. */
async function shellCommand({ runner, files }: Tools, ctx: ActionContext): Promise<readonly string[]> {
  const { device, id } = ctx.job;
  const serial = serialOf(device);
  const argv = ["adb", "-s", serial, "shell"];
  const docker = readDocker(ctx.parameters.docker);
  if (!docker) return argv;
  await fetchDockerImage(runner, docker, ctx);
  const nodes = (await usbDevices(files)).filter((found) => found.serial === serial).map(({ node }) => node);
  const name = docker.containerName ?? containerName("docker-adb-shell", "", id, ctx.level);
  return dockerRun(
    { image: docker.image, name, device: dockerOptions(device), interactive: true, devices: nodes },
    argv,
  );
}

const regexSpecial = /[.*+?^${}()|[\]\\]/g;

/** Opens the device's shell as the console, at a prompt. */
async function openShell(services: Services, ctx: ActionContext): Promise<Session> {
  const { device, job } = ctx.job;
  await adb(services, ["wait-for-device"], ctx);
  const console = openConsole(await services.pty.spawn(await shellCommand(services, ctx), {}), ctx);
  const own = asTexts(ctx.parameters.prompts);
  if (own.length > 0) return { console, prompts: own, lineSeparator: "\n" };
  // Android's prompt differs from build to build: it is set to LAVA's. Two strings, so that the echo is not taken for it.
  const prompt = asText(findConstant({ context: job.context, device }, "default-shell-prompt")) ?? "lava-test: # ";
  const session = { console, prompts: [prompt.replaceAll(regexSpecial, "\\$&")], lineSeparator: "\n" };
  await sendLine(session, `export PS1='${prompt.slice(0, 1)}''${prompt.slice(1)}'`, ctx);
  await waitForPrompt(session, ctx);
  return session;
}

const onDevice = "/data/local/tmp/lava-overlay.tar.gz";

async function pushOverlay(tools: Tools, overlay: string | undefined, ctx: ActionContext): Promise<void> {
  if (overlay === undefined) {
    ctx.log.debug("no test of this namespace needs an overlay");
    return;
  }
  await adb(tools, ["push", overlay, onDevice], ctx, [overlay]);
  await adb(tools, ["shell", "tar", "-C", "/", "-xzf", onDevice], ctx);
  await adb(tools, ["shell", "rm", onDevice], ctx);
}

const needs = { runner: ProcessRunnerToken, files: FileStoreToken };

/** `connect-adb`: the device's shell over adb is the console. */
export const connectAdb = defineAction({
  name: "connect-adb",
  summary: "open a shell on the device over adb",
  needs: { ...needs, pty: PtySpawnerToken },
  writes: { session: SessionSlot },
  run: async (services, ctx) => ({ session: await openShell(services, ctx) }),
});

/** `adb-overlay-unpack`: puts the tests' overlay on the device over adb. */
export const adbOverlayUnpack = defineAction({
  name: "adb-overlay-unpack",
  summary: "put the overlay on the device over adb",
  reads: { overlay: optional(OverlayFileSlot) },
  needs,
  run: ({ overlay, ...tools }, ctx) => pushOverlay(tools, overlay, ctx),
});

/**
 * The end of a boot in a container, where LAVA plans no actions for adb: a test of the board's shell needs it all the same. The
 * overlay goes first, as only one container at a time has the board.
 */
export const adbInDocker = defineAction({
  name: "fastboot-boot",
  summary: "open a shell on the device over adb, from the container",
  reads: { overlay: optional(OverlayFileSlot) },
  needs: { ...needs, pty: PtySpawnerToken },
  writes: { session: SessionSlot },
  async run({ overlay, ...services }, ctx) {
    await adb(services, ["wait-for-device"], ctx);
    await pushOverlay(services, overlay, ctx);
    return { session: await openShell(services, ctx) };
  },
});
