import { randomBytes } from "node:crypto";
import { type Clock, type DaemonLog, linkProtocol, type ServerMessage, type WorkerMessageOf } from "@basalt/core";
import type { Complain } from "../complaints.js";
import type { KeyPair } from "../keys/certificate.js";
import type { KeyFolder } from "../keys/key-folder.js";
import { checkProof } from "../keys/proof.js";
import type { Entry, LinkSession, SessionTable } from "./session-table.js";

/** The server's keys, and those of the workers that may connect. */
export interface ServerEncryption {
  readonly keys: KeyPair;
  readonly folder: KeyFolder;
}

/** What the server decides about a worker that greets. */
export type GreetAnswer =
  | { readonly ok: true /** Seconds between PINGs. */; readonly interval: number }
  | { readonly ok: false; readonly code: string; readonly message: string };

export interface GreeterOptions {
  readonly table: SessionTable;
  readonly encryption: ServerEncryption | undefined;
  /** The server's version, for HELLO_OK. */
  readonly version: string;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: DaemonLog;
  readonly complain: Complain;
  readonly send: (entry: Entry, message: ServerMessage) => void;
  readonly decide: (
    hello: { readonly name: string; readonly version: string },
    session: string,
  ) => Promise<GreetAnswer>;
  readonly opened: (session: LinkSession, replaced: LinkSession | undefined) => void;
  /** Whether the open session of a worker still talks. */
  readonly talks: (entry: Entry) => boolean;
  readonly answered: (interval: number) => void;
}

/** Answers to HELLO that cost something: at most one in so many milliseconds per connection. */
const answerEveryMs = 250;
/** Greetings the server decides about at the same time; others are dropped, workers greet again. */
const mostDeciding = 64;

/** HELLO, CHALLENGE, PROOF: who is on a connection. */
export interface Greeter {
  hello(entry: Entry, message: WorkerMessageOf<"HELLO">): void;
  proof(entry: Entry, message: WorkerMessageOf<"PROOF">): void;
}

export function makeGreeter(options: GreeterOptions): Greeter {
  const { table, encryption, clock, log, complain, send, version } = options;
  let deciding = 0;
  let lastInterval = 5;

  const refuse = (entry: Entry, name: string, code: string, message: string): void => {
    if (entry.state !== "replaced") entry.state = "new";
    complain(`no ${name} ${code}`, `worker ${name} was refused: ${message}`, { worker: name, code });
    send(entry, { type: "HELLO_NO", code, message });
  };

  const decide = async (entry: Entry, hello: WorkerMessageOf<"HELLO">): Promise<void> => {
    entry.state = "greeting";
    if (deciding >= mostDeciding) {
      entry.state = "new";
      return complain("deciding", `more than ${mostDeciding} workers greet at once: some have to greet again`);
    }
    deciding++;
    try {
      const answer = await options.decide({ name: hello.name, version: hello.version }, entry.id);
      // forgotten meanwhile, or its key was removed while the server thought
      if (entry.state !== "greeting" || table.get(entry.id) !== entry) return;
      if (encryption && encryption.folder.keyOf(hello.name) !== entry.provenKey)
        return refuse(entry, hello.name, "ERR_KEY_REFUSED", `its key was removed`);
      if (!answer.ok) return refuse(entry, hello.name, answer.code, answer.message);
      lastInterval = answer.interval;
      options.answered(answer.interval);
      const session = { id: entry.id, name: hello.name, version: hello.version, jobs: hello.jobs };
      const before = table.open(entry, session)?.session;
      entry.greetedAt = clock.monotonic();
      send(entry, { type: "HELLO_OK", interval: answer.interval, version });
      log.info(`worker ${hello.name} is connected`, {
        worker: hello.name,
        version: hello.version,
        jobs: hello.jobs.length,
      });
      options.opened(session, before);
    } catch (error) {
      entry.state = "new"; // the worker greets again
      log.error(`HELLO of ${hello.name} could not be answered: ${(error as Error).message}`, { worker: hello.name });
    } finally {
      deciding--;
    }
  };

  const taken = (entry: Entry, name: string): boolean => {
    const open = table.openOf(name);
    return entry.state === "replaced" && open !== undefined && options.talks(open);
  };

  return {
    hello(entry, message) {
      const { name } = message;
      if (entry.state === "greeting") return;
      const now = clock.monotonic();
      if (now - entry.greetedAt < answerEveryMs)
        return complain(`hellos ${name}`, `${name} greets too often: dropped`, { worker: name });
      entry.greetedAt = now;
      if (entry.state === "open") {
        if (entry.session?.name !== name)
          return complain(
            `renamed ${entry.session?.name}`,
            `worker ${entry.session?.name} now says to be ${name}: dropped`,
          );
        // its first answer took long: it asked again
        send(entry, { type: "HELLO_OK", interval: lastInterval, version });
        return;
      }
      if (taken(entry, name))
        return refuse(entry, name, "ERR_NAME_TAKEN", `another worker named "${name}" greeted later and is connected`);
      if (message.protocol !== linkProtocol)
        return refuse(
          entry,
          name,
          "ERR_PROTOCOL",
          `it speaks protocol ${message.protocol} (version ${message.version}), this server ${linkProtocol} (version ${version}); install the same version on both sides`,
        );
      entry.hello = message;
      if (!encryption) return void decide(entry, message);
      entry.nonce = randomBytes(32).toString("hex");
      entry.state = "challenged";
      send(entry, { type: "CHALLENGE", nonce: entry.nonce });
    },

    proof(entry, { mac }) {
      const { hello, nonce } = entry;
      if (entry.state !== "challenged" || !encryption || !hello || nonce === undefined)
        return complain(`proof ${hello?.name ?? ""}`, "a PROOF that nobody asked for was dropped");
      delete entry.nonce; // good for one answer
      entry.state = "greeting";
      const { keys, folder } = encryption;
      const check = async (): Promise<void> => {
        await folder.refreshIfTouched();
        const peerPublicKey = folder.keyOf(hello.name);
        if (peerPublicKey === undefined)
          return refuse(entry, hello.name, "ERR_KEY_REFUSED", `there is no key of "${hello.name}" in ${folder.dir}`);
        if (!checkProof(mac, { own: keys, peerPublicKey, nonce, name: hello.name }))
          return refuse(
            entry,
            hello.name,
            "ERR_KEY_REFUSED",
            `it does not hold the key of "${hello.name}": a worker's name is that of its key's file`,
          );
        entry.provenKey = peerPublicKey;
        await decide(entry, hello);
      };
      void check();
    },
  };
}
