import {
  type Clock,
  configurationError,
  type DaemonLog,
  type ServerMessage,
  systemClock,
  type WorkerMessage,
} from "@basalt/core";
import { makeComplaints } from "../complaints.js";
import { makeBackOff } from "./back-off.js";
import { connect, type Shared } from "./connection.js";
import type { ConnectionEnd, WorkerEncryption } from "./dealer.js";
import { waits, words } from "./retry.js";

/** What a server says to a worker that it has accepted. */
export type ServerOrder = Extract<
  ServerMessage,
  { readonly type: "START" | "CANCEL" | "STATUS" | "END_OK" | "LOG_OK" }
>;

/** What a worker does with the link. Callbacks must not throw. */
export interface WorkerSocketHandlers {
  /** Jobs to tell the server of, asked at each HELLO. */
  jobs(): readonly number[];
  /** The server accepted this worker: a session begins. Nothing sent in an earlier one counts as received. */
  up(): void;
  /** The session is over. */
  down(why: ConnectionEnd): void;
  message(message: ServerOrder): void;
  /** The key was removed from the server: jobs are to be cancelled. */
  revoked(reason: string): void;
}

export interface WorkerSocketOptions {
  /** `tcp://host:5556` */
  readonly server: string;
  readonly name: string;
  readonly version: string;
  readonly encryption?: WorkerEncryption;
  readonly handlers: WorkerSocketHandlers;
  readonly log: DaemonLog;
  readonly clock?: Clock;
  /** For the waits between tries; Math.random if absent. */
  readonly random?: () => number;
}

/** The worker's end of the link. It dials the server for as long as it is open; disposing of it says goodbye. */
export interface WorkerSocket extends AsyncDisposable {
  /** Whether the server has accepted this worker. */
  readonly isUp: boolean;
  /** Seconds between PINGs, as the server said. */
  readonly interval: number;
  /** Waits until the network took the message. False: not connected, or the session ended meanwhile; whether it arrived is not known. */
  send(message: WorkerMessage): Promise<boolean>;
}

/**
 * Opens a worker's end of the link and begins to dial.
 * @throws BasaltError `ERR_LINK_ADDRESS` if the server's address is none
 */
export function openWorkerSocket(options: WorkerSocketOptions): WorkerSocket {
  const { server, name, log, clock = systemClock } = options;
  if (!/^(tcp:\/\/(\[[0-9a-fA-F:.%]+\]|[^\s:/]+):\d{1,5}|ipc:\/\/.+)$/.test(server))
    throw configurationError(
      "ERR_LINK_ADDRESS",
      `"${server}" is no address of a server: expected something such as tcp://server.lab:5556`,
      { details: { server } },
    );
  // what goes wrong at each try is told once in ten minutes
  const complain = makeComplaints({ log, clock, quietMs: 600_000 });
  const shared: Shared = { options, clock, complain, backOff: makeBackOff(options.random), interval: 5 };
  const stop = new AbortController();
  log.info(`Connecting to master as <${name}>`, { server });
  if (options.encryption) log.info(`Connection is encrypted using ${options.encryption.keyFile ?? "CURVE"}`);
  let connection = connect(shared);
  const run = async (): Promise<void> => {
    for (;;) {
      const why = await connection.ended;
      if (why === "stopped" || stop.signal.aborted) return;
      if (why !== "refused" && why !== "revoked") complain(why, `${words[why]}; trying again`, { server });
      try {
        await clock.sleep(shared.backOff.next(waits[why]), { signal: stop.signal });
      } catch {
        return;
      }
      connection = connect(shared);
    }
  };
  const running = run();
  return {
    get isUp() {
      return connection.isUp;
    },
    get interval() {
      return shared.interval;
    },
    send: (message) => connection.send(message),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await connection.leave();
      await running;
    },
  };
}
