import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { isBasaltError, toBasaltError } from "@basalt/core";
import { type WebSocket, WebSocketServer } from "ws";
import type { Asker } from "../../services/types.js";
import { statusOf } from "../../submit/refusals.js";
import { authenticate } from "../authenticate.js";
import { isSameOrigin } from "../same-origin.js";
import { type EventStream, makeEventStream } from "./event-stream.js";
import { followJob } from "./follow-job.js";
import { makeJobBell } from "./job-bell.js";
import type { LiveOptions } from "./live-options.js";

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
const mostSockets = 2_000;
const usualPingMs = 30_000;
const jobPath = /^\/api\/v0\.2\/jobs\/([\d.]+)\/live\/?$/;
const eventsPath = /^\/ws\/?$/;

const reasons: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  503: "Service Unavailable",
};

function refuse(socket: Duplex, status: number, detail: string): void {
  const body = JSON.stringify({ detail });
  socket.end(
    `HTTP/1.1 ${status} ${reasons[status] ?? "Error"}\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

export async function makeLiveSockets(options: LiveOptions): Promise<LiveSockets> {
  const { services, clock, log, livePingMs: pingMs = usualPingMs } = options;
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

  async function open(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const job = jobPath.exec(url.pathname)?.[1];
    if (job === undefined && !eventsPath.test(url.pathname)) return refuse(socket, 404, "there is no WebSocket here");
    if (sockets.clients.size >= mostSockets) return refuse(socket, 503, "too many WebSockets are open");
    const { asker, byCookie } = await authenticate(services.people, request.headers);
    if (byCookie && !isSameOrigin(request.headers, request.headers.host ?? ""))
      return refuse(socket, 403, "a session can't be used from another site's page");
    const viewer: Viewer = { headers: request.headers, asker };
    const acceptIt = async (): Promise<WebSocket> => {
      const made = await accept(request, socket, head);
      viewers.set(made, viewer);
      return made;
    };
    if (job === undefined) return events.add(await acceptIt(), () => viewer.asker);
    await openJob({ viewer, job, from: Number(url.searchParams.get("from") ?? 0) }, acceptIt);
  }

  async function openJob(
    { viewer, job, from }: { readonly viewer: Viewer; readonly job: string; readonly from: number },
    acceptIt: () => Promise<WebSocket>,
  ): Promise<void> {
    // refused before the upgrade, so that clients see the status
    const { id } = await services.jobs.get(viewer.asker, job);
    const made = await acceptIt();
    const start = Number.isInteger(from) && from >= 0 ? from : 0;
    await followJob(
      { services, asker: () => viewer.asker, bell, clock, signal: stop.signal },
      { socket: made, id, start },
    );
  }

  return {
    upgrade(request, socket, head) {
      socket.on("error", () => {});
      open(request, socket, head).catch((error: unknown) => {
        const known = toBasaltError(error);
        if (!isBasaltError(error)) log.error(`a WebSocket failed: ${known.message.split(" - ").at(-1)}`);
        if (socket.writable)
          refuse(socket, statusOf(known) ?? 503, statusOf(known) ? known.message : "the server failed");
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
