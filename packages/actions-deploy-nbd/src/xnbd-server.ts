import { downloadedSlot, NbdRootSlot } from "@basalt/actions-common";
import {
  type ActionContext,
  asObject,
  asText,
  type Dispatcher,
  DispatcherToken,
  defineAction,
  infrastructureError,
  type ProcessResult,
  type ProcessRunner,
  ProcessRunnerToken,
  toBasaltError,
} from "@basalt/core";
import { anyPort, fixedPort } from "./xnbd-protocol.js";

/** A server that can't have its port, or its file, ends before this many milliseconds are over. */
const startMs = 500;
const attempts = 5;

/**
 * Starts a server that lives until the job ends. Gives how it ended where it did at once.
 *
 * In the foreground (`-d`) nbd-server ends with its client: each reboot of the device needs a new one. As a daemon it would outlive
 * a worker that dies.
 */
async function start(
  runner: ProcessRunner,
  argv: readonly string[],
  ctx: ActionContext,
): Promise<ProcessResult | undefined> {
  const stop = new AbortController();
  const onLine = (line: string): void => ctx.log.debug(`>> ${line}`);
  const once = (): Promise<ProcessResult> => runner.run(argv, { signal: stop.signal, onLine });
  const early = new AbortController();
  const first = once();
  const waited = ctx.clock.sleep(startMs, { signal: AbortSignal.any([ctx.signal, early.signal]) });
  try {
    const ended = await Promise.race([first, waited]);
    if (ended !== undefined) return ended;
  } catch (error) {
    stop.abort(error);
    await first.catch(() => {});
    throw error;
  } finally {
    early.abort();
    waited.catch(() => {});
  }
  const serving = serveAgain(first, once, ctx).catch((error: unknown) => {
    if (!stop.signal.aborted) ctx.log.error(`the NBD server failed: ${toBasaltError(error).message}`);
  });
  ctx.cleanup.defer("the NBD server", async () => {
    stop.abort(new Error("the job is over"));
    await serving;
  });
  return undefined;
}

/** Another server after each that ended with its client, until one fails at once. */
async function serveAgain(first: Promise<ProcessResult>, once: () => Promise<ProcessResult>, ctx: ActionContext) {
  for (let running = first; ; running = once()) {
    const { ms, stderr } = await running;
    if (ms < startMs && running !== first) throw infrastructureError("ERR_NBD_SERVER", stderr.trim());
    ctx.log.debug("the NBD client has gone: waiting for the next one");
  }
}

/** The port that job, protocol or worker name; undefined where any will do. */
async function wantedPort(dispatcher: Dispatcher, ctx: ActionContext): Promise<number | undefined> {
  const own = asObject(ctx.job.job.protocols["lava-xnbd"]).port;
  if (own !== undefined && asText(own) !== "auto") return fixedPort(own);
  const session = ctx.job.protocols.get("lava-xnbd");
  const answer = await session?.before("xnbd-server-deploy", { request: "set_port" }, ctx);
  return fixedPort(answer?.nbd_server_port) ?? fixedPort(dispatcher.config.nbd_server_port);
}

/** Serves the root file system as a network block device, on a free port where the job leaves the choice. */
export const xnbdServerDeploy = defineAction({
  name: "xnbd-server-deploy",
  summary: "serve the root file system as a network block device",
  reads: { root: downloadedSlot("nbdroot") },
  needs: { runner: ProcessRunnerToken, dispatcher: DispatcherToken },
  writes: { nbd: NbdRootSlot },
  async validate({ runner }) {
    if ((await runner.find("nbd-server")) === undefined)
      throw infrastructureError(
        "ERR_TOOL_MISSING",
        "nbd-server is not installed on this worker: install Debian's package nbd-server",
      );
  },
  async run({ root, runner, dispatcher }, ctx) {
    const wanted = await wantedPort(dispatcher, ctx);
    const isFree = asText(asObject(ctx.job.job.protocols["lava-xnbd"]).port) === "auto" || wanted === undefined;
    let said = "";
    for (let attempt = 1; attempt <= (isFree ? attempts : 1); attempt++) {
      const port = attempt === 1 ? (wanted ?? anyPort()) : anyPort();
      const ended = await start(runner, ["nbd-server", String(port), root.path, "-d"], ctx);
      if (ended === undefined) {
        ctx.log.info(`NBD server for ${root.path} on ${dispatcher.ip}, port ${port}`);
        return { nbd: { serverIp: dispatcher.ip, port } };
      }
      said = (ended.stderr.trim() || ended.stdout.trim()).split("\n").slice(-3).join("\n");
      ctx.log.warning(`nbd-server on port ${port} ended with ${ended.code ?? ended.endedBy}: ${said}`);
    }
    throw infrastructureError(
      "ERR_NBD_SERVER",
      `nbd-server did not start for ${root.path}: ${said || "it printed nothing"}`,
    );
  },
});
