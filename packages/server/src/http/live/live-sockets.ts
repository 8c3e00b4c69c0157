import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { isBasaltError, toBasaltError } from "@basalt/core";
import { type WebSocket, WebSocketServer } from "ws";
import type { Asker } from "../../services/types.js";
import { withoutQuery } from "../../store/errors.js";
import { forbidden, notFound, statusOf } from "../../submit/refusals.js";
import { authenticate, byToken } from "../authenticate.js";
import { clientOf } from "../client-of.js";
import { makeKnownHosts } from "../known-hosts.js";
import { isSameOrigin } from "../same-origin.js";
import { type EventStream, makeEventStream } from "./event-stream.js";
import { followJob } from "./follow-job.js";
import { makeJobBell } from "./job-bell.js";
import type { LiveOptions } from "./live-options.js";
import { refuseUpgrade } from "./refuse-upgrade.js";
import { makeSocketSlots } from "./socket-slots.js";

/** Who is at the other end, as of the last look. */
interface Viewer {
  readonly headers: IncomingMessage["headers"];
  asker: Asker;
}

/** The WebSockets of a server. */
export interface LiveSockets extends AsyncDisposable {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/** Clients only ever send a word or two. */
const largestMessage = 4_096;
const usualPingMs = 30_000;
const jobPath = /^\/api\/v0\.2\/jobs\/([\d.]+)\/live\/?$/;
const eventsPath = /^\/ws\/?$/;

const notHere = (): Error => notFound("ERR_NOT_FOUND", "there is no WebSocket here");

/** What is asked for: a job's log from a line on, or events. */
function targetOf(path: string): { readonly job?: string; readonly from: number } {
  if (!URL.canParse(path, "http://localhost")) throw notHere();
  const { pathname, searchParams } = new URL(path, "http://localhost");
  const job = jobPath.exec(pathname)?.[1];
  if (job === undefined && !eventsPath.test(pathname)) throw notHere();
  const from = Number(searchParams.get("from") ?? 0);
  return { ...(job === undefined ? {} : { job }), from: Number.isInteger(from) && from >= 0 ? from : 0 };
}

export async function makeLiveSockets(options: LiveOptions): Promise<LiveSockets> {
  const { services, clock, log, trustProxy = false, livePingMs: pingMs = usualPingMs } = options;
  const slots = makeSocketSlots(options.liveLimits);
  const wrongHost = makeKnownHosts(options);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessage, perMessageDeflate: false });
  const stop = new AbortController();
  const events: EventStream = await makeEventStream(options);
  const bell = await makeJobBell(options);
  const alive = new WeakSet<WebSocket>();
  const viewers = new WeakMap<WebSocket, Viewer>();

  /** A client that went away without a word is found out. */
  async function keepAlive(): Promise<void> {
    for (;;) {
      await clock.sleep(pingMs, { signal: stop.signal });
      for (const socket of sockets.clients) {
        if (!alive.delete(socket)) socket.terminate();
        else socket.ping();
        await lookAgain(socket);
      }
    }
  }

  /** A socket lives longer than a session, a token or a right: asks anew who it is. */
  async function lookAgain(socket: WebSocket): Promise<void> {
    const viewer = viewers.get(socket);
    if (!viewer) return;
    try {
      const { asker } = await authenticate(services.people, viewer.headers);
      if (asker?.id === viewer.asker?.id) viewer.asker = asker;
      else socket.close(1008, "the session is over: log in again");
    } catch (error) {
      // without the database nobody is known; that passes
      if (statusOf(toBasaltError(error)) === 401) socket.close(1008, "the token is unknown");
    }
  }
  keepAlive().catch(() => {});

  function accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<WebSocket> {
    return new Promise((resolve) => {
      sockets.handleUpgrade(request, socket, head, (made) => {
        alive.add(made);
        made.on("pong", () => alive.add(made));
        made.on("error", (error) => log.debug(`a WebSocket broke: ${error.message}`));
        resolve(made);
      });
    });
  }

  /** Browsers let every page open WebSockets to everywhere: only those of our own pages are let in, and clients that have a token. */
  async function viewerOf(request: IncomingMessage): Promise<Viewer> {
    const { headers } = request;
    const found = await authenticate(services.people, headers);
    if (!byToken(found)) {
      const wrong = wrongHost(headers);
      if (wrong) throw wrong;
      if (!isSameOrigin(headers, clientOf(request, trustProxy).host))
        throw forbidden("ERR_CROSS_SITE", "a WebSocket can't be opened from another site's page: use a token");
    }
    return { headers, asker: found.asker };
  }

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { job, from } = targetOf(request.url ?? "/");
    socket.once("close", slots.take(clientOf(request, trustProxy).address));
    const viewer = await viewerOf(request);
    const acceptIt = async (): Promise<WebSocket> => {
      const made = await accept(request, socket, head);
      viewers.set(made, viewer);
      return made;
    };
    if (job === undefined) return events.add(await acceptIt(), () => viewer.asker);
    await openJob({ viewer, job, from }, acceptIt);
  }

  async function openJob(
    { viewer, job, from }: { readonly viewer: Viewer; readonly job: string; readonly from: number },
    acceptIt: () => Promise<WebSocket>,
  ): Promise<void> {
    // refused before the upgrade, so that clients see the status
    const { id } = await services.jobs.get(viewer.asker, job);
    const made = await acceptIt();
    await followJob(
      { services, asker: () => viewer.asker, bell, clock, signal: stop.signal },
      { socket: made, id, start: from },
    );
  }

  return {
    upgrade(request, socket, head) {
      socket.on("error", () => {});
      open(request, socket, head).catch((error: unknown) => {
        const known = toBasaltError(error);
        if (!isBasaltError(error)) log.error(`a WebSocket failed: ${withoutQuery(known.message)}`);
        if (socket.writable) refuseUpgrade(socket, known);
      });
    },
    async [Symbol.asyncDispose]() {
      stop.abort(new Error("the server stops"));
      await events[Symbol.asyncDispose]();
      await bell[Symbol.asyncDispose]();
      for (const socket of sockets.clients) {
        socket.close(1001, "the server stops");
        socket.terminate();
      }
      await new Promise((resolve) => sockets.close(resolve));
    },
  };
}
