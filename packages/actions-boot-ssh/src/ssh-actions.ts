import {
  OverlayFileSlot,
  runInShell,
  runTool,
  SessionSlot,
  sshArguments,
  sshSettings,
  sshTarget,
} from "@basalt/actions-common";
import {
  DispatcherToken,
  defineAction,
  openConsole,
  optional,
  ProcessRunnerToken,
  PtySpawnerToken,
} from "@basalt/core";

/** Where the overlay lies on the host between copying and unpacking. */
const remoteFile = (prefix: string, jobId: string): string => `/tmp/overlay-${prefix}${jobId}.tar.gz`;

/** Copies the tests' overlay to the host; nothing where there is none. */
export const scpDeploy = defineAction({
  name: "scp-deploy",
  summary: "copy the overlay to the host",
  reads: { overlay: optional(OverlayFileSlot) },
  needs: { runner: ProcessRunnerToken, dispatcher: DispatcherToken },
  async validate(_services, { job }) {
    sshSettings(job.device);
  },
  async run({ overlay, runner, dispatcher }, ctx) {
    if (overlay === undefined) return void ctx.log.debug("there is no overlay to copy");
    const target = sshTarget(ctx);
    const to = `${target.user}@${target.host}:${remoteFile(dispatcher.prefix, ctx.job.id)}`;
    await runTool(runner, ["scp", ...sshArguments(target, "-P"), overlay, to], ctx);
  },
});

/** Says which host the job will log in to. */
export const prepareSsh = defineAction({
  name: "prepare-ssh",
  summary: "find the host",
  async run(_input, ctx) {
    const { user, host, port } = sshTarget(ctx);
    ctx.log.info(`the host is ${user}@${host}, port ${port}`);
  },
});

/** Logs in: ssh in a pseudo terminal is the job's console. */
export const sshConnection = defineAction({
  name: "ssh-connection",
  summary: "log in by ssh",
  needs: { pty: PtySpawnerToken },
  writes: { session: SessionSlot },
  blameOnTimeout: "infrastructure",
  async run({ pty }, ctx) {
    const target = sshTarget(ctx);
    // -tt: a terminal at the far end too, so that there is a prompt
    const argv = ["ssh", "-tt", ...sshArguments(target, "-p"), `${target.user}@${target.host}`];
    ctx.log.info(`starting ${argv.join(" ")}`);
    const console = openConsole(await pty.spawn(argv, {}), ctx);
    return { session: { console, prompts: [], lineSeparator: "\n" } };
  },
});

/** Unpacks the overlay on the host. */
export const scpOverlayUnpack = defineAction({
  name: "scp-overlay-unpack",
  summary: "unpack the overlay on the host",
  reads: { session: SessionSlot, overlay: optional(OverlayFileSlot) },
  needs: { dispatcher: DispatcherToken },
  async run({ session, overlay, dispatcher }, ctx) {
    if (overlay === undefined) return;
    const file = remoteFile(dispatcher.prefix, ctx.job.id);
    await runInShell(session, `tar --warning no-timestamp -C / -xzf ${file} && rm ${file}`, ctx);
  },
});
