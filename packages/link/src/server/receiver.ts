import { type Clock, type DaemonLog, decodeFromWorker, type WorkerMessage } from "@basalt/core";
import type { Complain } from "../complaints.js";
import type { Greeter } from "./greeter.js";
import type { Push } from "./push.js";
import type { ServerSocketHandlers } from "./server-socket.js";
import type { Entry, SessionTable } from "./session-table.js";

/** What a worker says once it has greeted. */
export type SessionMessage = Exclude<WorkerMessage, { readonly type: "HELLO" | "PROOF" | "PING" | "BYE" }>;

export interface ReceiverOptions {
  readonly table: SessionTable;
  readonly greeter: Greeter;
  readonly clock: Pick<Clock, "monotonic">;
  readonly log: DaemonLog;
  readonly complain: Complain;
  readonly push: Push;
  readonly handlers: Pick<ServerSocketHandlers, "heard" | "message" | "closed">;
  /** Seconds between PINGs. */
  readonly interval: () => number;
}

const whoEveryMs = 1_000;

/** What is done with each message that comes in, whoever sent it. */
export function makeReceiver(options: ReceiverOptions): (routingId: Uint8Array, frames: readonly Uint8Array[]) => void {
  const { table, greeter, clock, log, complain, push, handlers, interval } = options;
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

  return (routingId, frames) => {
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
    if (message.type === "BYE") {
      table.shut(entry, "left");
      log.info(`worker ${session.name} says goodbye`, { worker: session.name });
      return handlers.closed(session, "left");
    }
    handlers.heard(session);
    if (message.type === "PING") push(entry, { type: "PONG", interval: interval() });
    else handlers.message(session, message);
  };
}
