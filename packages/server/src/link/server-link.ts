import { type Clock, type DaemonLog, systemClock } from "@basalt/core";
import { every, type LinkSession, makeComplaints, openServerSocket, type ServerEncryption } from "@basalt/link";
import type { LinkBackend } from "./link-backend.js";
import { makeLogLanes } from "./log-lanes.js";
import { makeWorkerDesk, type WorkerDesk } from "./worker-desk.js";

export interface ServerLinkOptions {
  /** `tcp://127.0.0.1:5556`; port `*` takes a free one. */
  readonly endpoint: string;
  readonly encryption?: ServerEncryption;
  /** This server's version. */
  readonly version: string;
  readonly backend: LinkBackend;
  readonly log: DaemonLog;
  readonly clock?: Clock;
  /** A worker that says nothing for so long is gone; 60 s if absent. */
  readonly goneAfterMs?: number;
}

/** The server's side of the link with all workers. */
export interface ServerLink extends AsyncDisposable {
  readonly endpoint: string;
  /** Why no worker can be heard any more, in words; undefined while all is well. */
  readonly trouble: string | undefined;
  /** Names of the workers that are connected. */
  connected(): readonly string[];
  /** Something changed for this worker in the database: it is told at once. */
  poke(worker: string): void;
  /** Ends the session of a worker that may not work here any more. */
  revoke(worker: string, reason: string): void;
}

/** What was lost on the way is sent again so often (lava-server spec 1.5). */
const lookEveryMs = 20_000;
const seenEveryMs = 2_000;

/**
 * Opens the socket for workers and serves them: what the database wants is sent until they did it, what they say is stored
 * before it is acknowledged. A worker has a say about its own jobs only.
 * @throws BasaltError `ERR_LINK_BIND`
 */
export async function startServerLink(options: ServerLinkOptions): Promise<ServerLink> {
  const { backend, log, clock = systemClock, encryption } = options;
  const complain = makeComplaints({ log, clock });
  const desks = new Map<string, WorkerDesk>();
  const leaving = new Set<Promise<void>>();
  const seenAt = new Map<string, number>();
  const stop = new AbortController();

  const deskOf = (worker: string): WorkerDesk | undefined => {
    const session = socket.sessionOf(worker);
    return session && desks.get(session.id);
  };
  const lanes = makeLogLanes({
    backend,
    // to whatever connection the worker has by now
    stored(job, worker, next) {
      const session = socket.sessionOf(worker);
      if (session) socket.send(session, { type: "LOG_OK", job, next });
    },
    failed: (job, worker, error) =>
      complain(`log ${job} ${error.message}`, `the log of job ${job} could not be stored: ${error.message}`, {
        job,
        worker,
      }),
  });
  /** Keeps hold of what goes on without anyone waiting for it. */
  const follow = (work: Promise<void>, what: string): void => {
    const followed = work
      .catch((error: Error) => complain(`${what} ${error.message}`, `${what} failed: ${error.message}`))
      .finally(() => leaving.delete(followed));
    leaving.add(followed);
  };
  const shut = (session: LinkSession): void => {
    const desk = desks.get(session.id);
    desks.delete(session.id);
    seenAt.delete(session.id);
    if (!desk) return;
    desk.close();
    follow(desk.idle(), `the end of the session with ${session.name}`);
  };

  const socket = await openServerSocket({
    ...options,
    clock,
    handlers: {
      decide: ({ name, version }, session) => backend.workerHello(name, version, session),
      opened(session) {
        const desk = makeWorkerDesk({
          session,
          backend,
          lanes,
          log,
          clock,
          complain,
          send: (message) => socket.send(session, message),
        });
        desks.set(session.id, desk);
        desk.look();
      },
      message: (session, message) => desks.get(session.id)?.message(message),
      heard({ id, name }) {
        const now = clock.monotonic();
        if (now - (seenAt.get(id) ?? Number.NEGATIVE_INFINITY) < seenEveryMs) return;
        seenAt.set(id, now);
        backend.workerSeen(name);
      },
      closed(session, why) {
        shut(session);
        if (why === "silent" || why === "left")
          follow(backend.workerGone(session.name, session.id), `writing down that ${session.name} is gone`);
      },
    },
  });
  const offRevoked = encryption?.folder.onRevoked((name) =>
    follow(backend.workerRevoked(name), `ending the jobs of revoked worker ${name}`),
  );
  const looking = every(lookEveryMs, {
    clock,
    signal: stop.signal,
    tick() {
      for (const desk of desks.values()) desk.look();
    },
  });

  return {
    endpoint: socket.endpoint,
    get trouble() {
      return socket.trouble;
    },
    connected: () => socket.sessions().map(({ name }) => name),
    poke: (worker) => deskOf(worker)?.look(),
    revoke: (worker, reason) => socket.revoke(worker, reason),
    async [Symbol.asyncDispose]() {
      stop.abort();
      offRevoked?.();
      for (const desk of desks.values()) desk.close();
      await socket[Symbol.asyncDispose]();
      await looking;
      await Promise.all([...desks.values()].map((desk) => desk.idle()));
      await lanes.idle();
      await Promise.all(leaving);
    },
  };
}
