import {
  type Clock,
  type DaemonLog,
  decodeFromWorker,
  encodeMessage,
  type ServerMessage,
  systemClock,
  type WorkerMessage,
} from "@basalt/core";
import { Context, Router } from "zeromq";
import { makeComplaints } from "../complaints.js";
import { every } from "../every.js";
import { type GreetAnswer, makeGreeter, type ServerEncryption } from "./greeter.js";
import { describeHandshakes } from "./handshakes.js";
import { bindRouter, closeRouter } from "./router.js";
import { type Entry, type LinkSession, makeSessionTable } from "./session-table.js";
import { serveZap } from "./zap.js";

/** Why a session is no more. */
export type SessionEnd = "silent" | "revoked" | "replaced";

/** What a worker says once it has greeted. */
export type SessionMessage = Exclude<WorkerMessage, { readonly type: "HELLO" | "PROOF" | "PING" }>;

/** What a server does with its workers. Callbacks must not throw and must not keep the reader waiting. */
export interface ServerSocketHandlers {
  /** Whether a worker may work here. Its key, if keys are used, is proven. */
  decide(hello: { readonly name: string; readonly version: string }, session: string): Promise<GreetAnswer>;
  opened(session: LinkSession): void;
  message(session: LinkSession, message: SessionMessage): void;
  /** Any message of a worker came, PING too. */
  heard(session: LinkSession): void;
  closed(session: LinkSession, why: SessionEnd): void;
}

export interface ServerSocketOptions {
  /** `tcp://127.0.0.1:5556`; port `*` takes a free one. */
  readonly endpoint: string;
  /** Absent: plain, names are believed. */
  readonly encryption?: ServerEncryption;
  /** This server's version. */
  readonly version: string;
  readonly handlers: ServerSocketHandlers;
  readonly log: DaemonLog;
  readonly clock?: Clock;
  /** A worker that says nothing for so long is gone; 60 s if absent. */
  readonly goneAfterMs?: number;
}

/** The server's end of the link: sessions with workers, by name. */
export interface ServerSocket extends AsyncDisposable {
  /** Where it listens, with the real port. */
  readonly endpoint: string;
  /** The session of a worker that is connected. */
  sessionOf(name: string): LinkSession | undefined;
  sessions(): readonly LinkSession[];
  /** Hands a message over, or drops it: false if the worker is not connected any more, or reads too slowly. What matters is sent again later. */
  send(session: LinkSession, message: ServerMessage): boolean;
  /** Cuts a worker off: it is told, and nothing it says counts from here on. */
  revoke(name: string, reason: string): void;
}

const mostUnverified = 256;
const unverifiedForMs = 30_000;
const whoEveryMs = 1_000;
const tickMs = 1_000;

/**
 * Binds the socket that workers connect to (lava-server spec 1.2; messages in core's wire).
 * @throws BasaltError `ERR_LINK_BIND` if the endpoint can't be bound
 */
export async function openServerSocket(options: ServerSocketOptions): Promise<ServerSocket> {
  const { encryption, handlers, log, clock = systemClock, goneAfterMs = 60_000 } = options;
  const complain = makeComplaints({ log, clock });
  // ZAP is asked within a context: this server's sockets have their own
  const context = new Context({ blocky: false });
  const zap = encryption && (await serveZap({ context, folder: encryption.folder, complain }));
  const router = new Router({ context });
  describeHandshakes(router.events, { complain, encrypted: encryption !== undefined });
  const endpoint = await bindRouter(router, options).catch(async (error) => {
    router.close();
    await zap?.[Symbol.asyncDispose]();
    throw error;
  });

  const stop = new AbortController();
  const table = makeSessionTable(mostUnverified);
  let interval = 5;

  const push = (entry: Entry, message: ServerMessage): boolean => {
    if (router.closed || entry.unreachable) return false;
    let sent = true;
    // with a timeout of 0 it is tried at once: no queue but libzmq's own, which is bounded
    router.send([entry.routingId, ...encodeMessage(message)]).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EHOSTUNREACH") entry.unreachable = true;
      else
        complain(
          `send ${entry.session?.name}`,
          `${message.type} was not sent to ${entry.session?.name}: ${error.message}`,
        );
      sent = false;
    });
    return sent;
  };

  const greeter = makeGreeter({
    table,
    encryption,
    version: options.version,
    clock,
    log,
    complain,
    send: push,
    decide: (hello, session) => handlers.decide(hello, session),
    opened(session, replaced) {
      if (replaced) handlers.closed(replaced, "replaced");
      handlers.opened(session);
    },
    talks: (entry) => !entry.unreachable && clock.monotonic() - entry.heardAt < interval * 4_000,
    answered(seconds) {
      interval = seconds;
    },
  });

  /** What an unknown or unwelcome connection is told, now and then. */
  const askWho = (entry: Entry): void => {
    const now = clock.monotonic();
    if (now - entry.askedAt < whoEveryMs) return;
    entry.askedAt = now;
    if (entry.state === "new") push(entry, { type: "WHO" });
    if (entry.state === "replaced" && entry.session)
      push(entry, {
        type: "HELLO_NO",
        code: "ERR_NAME_TAKEN",
        message: `another worker named "${entry.session.name}" greeted later and is connected`,
      });
  };

  const receive = (routingId: Uint8Array, frames: readonly Uint8Array[]) => {
    // libzmq's own ids; one that a peer chose could be another worker's of a moment ago
    if (routingId.length !== 5 || routingId[0] !== 0)
      return complain("identity", "a peer that chose its own identity was ignored");
    const id = Buffer.from(routingId.buffer, routingId.byteOffset, 5).toString("hex");
    const now = clock.monotonic();
    const known = table.get(id);
    if (known?.state === "revoked")
      return complain(`late ${known.session?.name}`, `revoked worker ${known.session?.name} still talks: ignored`);
    const decoded = decodeFromWorker(frames);
    if (!decoded.ok) {
      const who = known?.session ? `worker ${known.session.name}` : "a stranger";
      return complain(`bad ${known?.session?.name ?? ""}`, `a message of ${who} was dropped: ${decoded.reason}`);
    }
    const entry = known ?? table.add(id, routingId, now);
    const { message } = decoded;
    if (entry.state === "open") entry.heardAt = now;
    if (message.type === "HELLO") return greeter.hello(entry, message);
    if (message.type === "PROOF") return greeter.proof(entry, message);
    const { session } = entry;
    if (entry.state !== "open" || !session) return askWho(entry);
    handlers.heard(session);
    if (message.type === "PING") push(entry, { type: "PONG", interval });
    else handlers.message(session, message);
  };

  const revoke = (name: string, reason: string): void => {
    const entry = table.openOf(name);
    if (!entry?.session) return;
    push(entry, { type: "REVOKED", reason });
    table.shut(entry, "revoked");
    log.warning(`worker ${name} was cut off: ${reason}`, { worker: name });
    handlers.closed(entry.session, "revoked");
  };

  const sweep = (): void => {
    const now = clock.monotonic();
    for (const entry of [...table.entries]) {
      const { session, state } = entry;
      if (now - entry.heardAt <= (state === "open" ? goneAfterMs : unverifiedForMs)) continue;
      table.remove(entry);
      if (state !== "open" || !session) continue;
      log.warning(`worker ${session.name} has said nothing for ${goneAfterMs / 1000} s`, { worker: session.name });
      handlers.closed(session, "silent");
    }
    void encryption?.folder.refresh();
  };

  const offRevoked = encryption?.folder.onRevoked((name) => revoke(name, "its key was removed"));
  const reading = (async () => {
    try {
      for await (const [routingId, ...frames] of router) if (routingId) receive(routingId, frames);
    } catch (error) {
      if (!router.closed) log.error(`the link's socket failed: ${(error as Error).message}`);
    }
  })();
  const sweeping = every(tickMs, { clock, signal: stop.signal, tick: sweep });

  return {
    endpoint,
    sessionOf: (name) => table.openOf(name)?.session,
    sessions: () => [...table.entries].flatMap(({ state, session }) => (state === "open" && session ? [session] : [])),
    send(session, message) {
      const entry = table.get(session.id);
      return entry?.state === "open" ? push(entry, message) : false;
    },
    revoke,
    async [Symbol.asyncDispose]() {
      if (stop.signal.aborted) return;
      stop.abort();
      offRevoked?.();
      await Promise.all([closeRouter(router), reading, sweeping]);
      await zap?.[Symbol.asyncDispose]();
    },
  };
}
