import { type Clock, type DaemonLog, type ServerMessage, systemClock } from "@basalt/core";
import { Context, Router } from "zeromq";
import { makeComplaints } from "../complaints.js";
import { every } from "../every.js";
import { type GreetAnswer, makeGreeter, type ServerEncryption } from "./greeter.js";
import { describeHandshakes } from "./handshakes.js";
import { makePush } from "./push.js";
import { makeReceiver, type SessionMessage } from "./receiver.js";
import { bindRouter, closeRouter } from "./router.js";
import { type LinkSession, makeSessionTable } from "./session-table.js";
import { makeSweep } from "./sweep.js";
import { serveZap } from "./zap.js";

/** Why a session is no more. `left`: the worker said goodbye. */
export type SessionEnd = "silent" | "left" | "revoked" | "replaced";

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
  /** Why no worker can be heard any more, in words; undefined while all is well. It does not mend by itself. */
  readonly trouble: string | undefined;
  /** The session of a worker that is connected. */
  sessionOf(name: string): LinkSession | undefined;
  sessions(): readonly LinkSession[];
  /** Hands a message over. False if the worker is known to be gone; a message to one that went just now, or reads too slowly, is dropped: what matters is sent again later. */
  send(session: LinkSession, message: ServerMessage): boolean;
  /** Cuts a worker off: it is told, and nothing it says counts from here on. */
  revoke(name: string, reason: string): void;
}

const mostUnverified = 256;
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
  let trouble: string | undefined;
  const failed = (what: string) => (error: Error) => {
    trouble ??= `${what} failed: ${error.message}`;
    log.error(trouble);
  };
  const zap =
    encryption &&
    (await serveZap({
      context,
      folder: encryption.folder,
      complain,
      failed: failed("checking the keys of workers"),
    }));
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

  const push = makePush(router, complain);
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

  const receive = makeReceiver({ table, greeter, clock, log, complain, push, handlers, interval: () => interval });
  const revoke = (name: string, reason: string): void => {
    const entry = table.openOf(name);
    if (!entry?.session) return;
    push(entry, { type: "REVOKED", reason });
    table.shut(entry, "revoked");
    log.warning(`worker ${name} was cut off: ${reason}`, { worker: name });
    handlers.closed(entry.session, "revoked");
  };

  const sweep = makeSweep({ table, clock, log, goneAfterMs, folder: encryption?.folder, closed: handlers.closed });
  const offRevoked = encryption?.folder.onRevoked((name) => revoke(name, "its key was removed"));
  const reading = (async () => {
    try {
      for await (const [routingId, ...frames] of router)
        try {
          if (routingId) receive(routingId, frames);
        } catch (error) {
          log.error(`a bug of Basalt: a message could not be handled: ${(error as Error).stack}`);
        }
    } catch (error) {
      if (!router.closed) failed("the link's socket")(error as Error);
    }
  })();
  const sweeping = every(tickMs, { clock, signal: stop.signal, tick: sweep });

  return {
    endpoint,
    get trouble() {
      return router.closed ? "the link to the workers is closed" : trouble;
    },
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
