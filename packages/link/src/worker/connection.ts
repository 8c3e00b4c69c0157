import {
  type Clock,
  decodeFromServer,
  encodeMessage,
  linkProtocol,
  type ServerMessage,
  systemClock,
  type WorkerMessage,
} from "@basalt/core";
import type { Dealer } from "zeromq";
import type { Complain } from "../complaints.js";
import { every } from "../every.js";
import { makeProof } from "../keys/proof.js";
import type { BackOff } from "./back-off.js";
import { type ConnectionEnd, openDealer } from "./dealer.js";
import type { WorkerSocketOptions } from "./worker-socket.js";

const answerWithinMs = 10_000;
const tickMs = 250;
/** Said so long after dialling, when nobody was reached, and as often as such complaints are repeated. */
const unreachedMs = 5_000;
const unreachedAgainMs = 600_000;
/** A goodbye that the network does not take in this time is left out: the server hears of the end by silence. */
const goodbyeMs = 1_000;
/** Intervals without a word from the server after which it is away (lava-server spec 1.5). */
const awayAfter = 4;

/** What one connection hands to the next. */
export interface Shared {
  readonly options: WorkerSocketOptions;
  readonly clock: Clock;
  readonly complain: Complain;
  readonly backOff: BackOff;
  interval: number;
}

/** One connection, from dialling until it ends. */
export interface Connection {
  readonly isUp: boolean;
  send(message: WorkerMessage): Promise<boolean>;
  end(why: ConnectionEnd): void;
  /** Says goodbye, where the server knows this worker, and ends. Resolves when the network took it, or did not in time. */
  leave(): Promise<void>;
  readonly ended: Promise<ConnectionEnd>;
}

/** Dials the server and greets it. The connection ends at the first thing that goes wrong; whoever has it dials anew. */
export function connect(shared: Shared): Connection {
  const { options, clock, complain, backOff } = shared;
  const { log, handlers, encryption, name } = options;
  let isUp = false;
  let why: ConnectionEnd | undefined;
  let heardAt = clock.monotonic();
  let pingedAt = heardAt;
  let greetedAt: number | undefined;
  /** Whether the first HELLO has left: until then libzmq is dialling. */
  let greetedOnce = false;
  let tellUnreachedAt = heardAt + unreachedMs;
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

  const leave = async (): Promise<void> => {
    if (!isUp) return end("stopped");
    isUp = false;
    handlers.down("stopped");
    dealer.linger = goodbyeMs;
    log.debug("Saying goodbye to the master => 'BYE'");
    const late = new AbortController();
    const flushed = new Promise((resolve) => dealer.events.on("end", resolve));
    const said = send({ type: "BYE" }).then(() => {
      end("stopped");
      return flushed;
    });
    await Promise.race([said, systemClock.sleep(goodbyeMs, { signal: late.signal }).catch(() => {})]);
    late.abort();
    end("stopped");
  };

  const greet = async (): Promise<void> => {
    if (isUp) {
      isUp = false;
      handlers.down("lost");
    }
    greetedAt = clock.monotonic();
    log.debug("Greeting the master => 'HELLO'");
    const { version } = options;
    const jobs = handlers.jobs().slice(0, 4_000);
    if (!(await send({ type: "HELLO", name, version, protocol: linkProtocol, jobs }))) return;
    greetedAt = clock.monotonic(); // only now is there a master that could answer
    heardAt = greetedAt;
    log.info("Waiting for the master to reply");
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

  /** libzmq dials on and says nothing. */
  const tellUnreached = (now: number): void => {
    if (now < tellUnreachedAt) return;
    tellUnreachedAt = now + unreachedAgainMs;
    const { server } = options;
    const text = `no master is reached at ${server}: are address and port right, does it run, is a firewall between? Trying on`;
    complain("unreached", text, { server });
  };

  const tick = (): void => {
    const now = clock.monotonic();
    if (!greetedOnce) tellUnreached(now);
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
    leave,
    ended: live(),
  };
}
