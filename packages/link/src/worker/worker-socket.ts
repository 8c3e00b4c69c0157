import {
  type Clock,
  configurationError,
  type DaemonLog,
  decodeFromServer,
  encodeMessage,
  linkProtocol,
  type ServerMessage,
  systemClock,
  type WorkerMessage,
} from "@basalt/core";
import type { Dealer } from "zeromq";
import { type Complain, makeComplaints } from "../complaints.js";
import { every } from "../every.js";
import { makeProof } from "../keys/proof.js";
import { type BackOff, makeBackOff } from "./back-off.js";
import { type ConnectionEnd, openDealer, type WorkerEncryption } from "./dealer.js";

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

/** The worker's end of the link. It dials the server for as long as it is open. */
export interface WorkerSocket extends AsyncDisposable {
  /** Whether the server has accepted this worker. */
  readonly isUp: boolean;
  /** Seconds between PINGs, as the server said. */
  readonly interval: number;
  /** Waits until the network took the message. False: not connected, or the session ended meanwhile; whether it arrived is not known. */
  send(message: WorkerMessage): Promise<boolean>;
}

const answerWithinMs = 10_000;
const tickMs = 250;
/** Intervals without a word from the server after which it is away (lava-server spec 1.5). */
const awayAfter = 4;

const words: Readonly<Record<Exclude<ConnectionEnd, "stopped" | "refused" | "revoked">, string>> = {
  lost: "the connection with the master was lost",
  "key refused":
    "the master refused this worker's key: is its .key file in the master's folder, under this worker's name?",
  "no encryption there": "master and worker do not agree on encryption: both need --encrypt, or neither",
  "wrong server key": "the master hung up before encryption was set up: is the copy of its public key right?",
  "no answer": "the master did not answer HELLO",
  away: "the master has said nothing for too long",
};

const waits: Readonly<Record<ConnectionEnd, { readonly leastMs: number; readonly mostMs: number }>> = {
  lost: { leastMs: 100, mostMs: 5_000 },
  away: { leastMs: 100, mostMs: 5_000 },
  "no answer": { leastMs: 500, mostMs: 10_000 },
  "wrong server key": { leastMs: 1_000, mostMs: 30_000 },
  "no encryption there": { leastMs: 1_000, mostMs: 30_000 },
  "key refused": { leastMs: 1_000, mostMs: 30_000 },
  refused: { leastMs: 1_000, mostMs: 30_000 },
  revoked: { leastMs: 2_000, mostMs: 30_000 },
  stopped: { leastMs: 0, mostMs: 0 },
};

interface Shared {
  readonly options: WorkerSocketOptions;
  readonly clock: Clock;
  readonly complain: Complain;
  readonly backOff: BackOff;
  interval: number;
}

/** One connection, from dialling until it ends. */
interface Connection {
  readonly isUp: boolean;
  send(message: WorkerMessage): Promise<boolean>;
  end(why: ConnectionEnd): void;
  readonly ended: Promise<ConnectionEnd>;
}

function connect(shared: Shared): Connection {
  const { options, clock, complain, backOff } = shared;
  const { log, handlers, encryption, name } = options;
  let isUp = false;
  let why: ConnectionEnd | undefined;
  let heardAt = clock.monotonic();
  let pingedAt = heardAt;
  let greetedAt: number | undefined;
  /** Whether the first HELLO has left: until then libzmq is dialling. */
  let greetedOnce = false;
  let sending: Promise<unknown> = Promise.resolve();
  const over = new AbortController();

  const end = (reason: ConnectionEnd): void => {
    if (why !== undefined) return;
    why = reason;
    over.abort();
    dealer.close();
    if (isUp) {
      isUp = false;
      handlers.down(reason);
    }
  };
  const dealer: Dealer = openDealer(options, end);

  const send = (message: WorkerMessage): Promise<boolean> => {
    const sent = sending.then(async () => {
      if (why !== undefined) return false;
      try {
        await dealer.send([...encodeMessage(message)]);
        return true;
      } catch {
        return false; // closed meanwhile
      }
    });
    sending = sent;
    return sent;
  };

  const greet = async (): Promise<void> => {
    if (isUp) {
      isUp = false;
      handlers.down("lost");
    }
    greetedAt = clock.monotonic();
    log.debug("Greeting the master => 'HELLO'");
    const { version } = options;
    await send({ type: "HELLO", name, version, protocol: linkProtocol, jobs: handlers.jobs().slice(0, 4_000) });
    greetedAt = clock.monotonic(); // only now is there a master that could answer
    heardAt = greetedAt;
    log.debug("Waiting for the master to reply");
  };

  const accepted = (seconds: number): void => {
    log.debug("The master replied: ['HELLO_OK']");
    shared.interval = seconds;
    greetedAt = undefined;
    if (isUp) return;
    isUp = true;
    backOff.reset();
    log.info("Connection with the master established");
    handlers.up();
  };

  const receive = (message: ServerMessage) => {
    heardAt = clock.monotonic();
    switch (message.type) {
      case "HELLO_OK":
        return accepted(message.interval);
      case "HELLO_NO":
        complain(`no ${message.code}`, `the master refused this worker: ${message.message}`, { code: message.code });
        return end("refused");
      case "CHALLENGE":
        if (!encryption) return complain("challenge", "the master asks for a proof, but this worker has no keys");
        void send({
          type: "PROOF",
          mac: makeProof({ own: encryption.keys, peerPublicKey: encryption.serverKey, nonce: message.nonce, name }),
        });
        return;
      case "WHO":
        // asked before our HELLO arrived: its answer is under way
        if (greetedAt === undefined) void greet();
        return;
      case "PONG":
        shared.interval = message.interval;
        return;
      case "REVOKED":
        log.warning(`the master cut this worker off: ${message.reason}`);
        handlers.revoked(message.reason);
        return end("revoked");
      default:
        if (isUp) handlers.message(message);
    }
  };

  const tick = (): void => {
    const now = clock.monotonic();
    const silentMs = now - heardAt;
    const intervalMs = shared.interval * 1_000;
    if (greetedAt !== undefined) {
      if (greetedOnce && now - greetedAt >= answerWithinMs) end("no answer");
    } else if (silentMs > awayAfter * intervalMs) end("away");
    else if (now - Math.max(heardAt, pingedAt) >= intervalMs) {
      pingedAt = now;
      void send({ type: "PING" });
    }
  };

  const read = async (): Promise<void> => {
    try {
      for await (const frames of dealer) {
        const decoded = decodeFromServer(frames);
        if (decoded.ok) receive(decoded.message);
        else complain("bad", `a message of the master was dropped: ${decoded.reason}`);
      }
    } catch (error) {
      if (why === undefined) log.debug(`the link's socket failed: ${(error as Error).message}`);
    }
    end("lost");
  };

  const live = async (): Promise<ConnectionEnd> => {
    dealer.connect(options.server);
    const greeting = greet().then(() => {
      greetedOnce = true;
    });
    await Promise.all([read(), greeting, every(tickMs, { clock, signal: over.signal, tick })]);
    return why ?? "lost";
  };
  return {
    get isUp() {
      return isUp;
    },
    send: (message) => (isUp ? send(message) : Promise.resolve(false)),
    end,
    ended: live(),
  };
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
      connection.end("stopped");
      await running;
    },
  };
}
