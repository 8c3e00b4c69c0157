import type { WorkerMessageOf } from "@basalt/core";

/** A worker that has greeted, and whose key (if keys are used) is proven. */
export interface LinkSession {
  /** Of this connection; another one after a reconnect. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  /** Jobs that the worker knew when it greeted. */
  readonly jobs: readonly number[];
}

/**
 * How far a connection has come: `new` (unknown, asked who it is), `challenged` (has to prove its key), `greeting` (the server decides),
 * `open`, `replaced` (the same name greeted on another connection), `left` (it said goodbye), `revoked` (its key was removed: nothing counts any more).
 */
export type SessionState = "new" | "challenged" | "greeting" | "open" | "replaced" | "left" | "revoked";

/** One connection of a worker, or of somebody else. */
export interface Entry {
  readonly id: string;
  readonly routingId: Uint8Array;
  state: SessionState;
  /** Monotonic milliseconds of the last message that counted. */
  heardAt: number;
  /** When its last HELLO was answered, and when it was last asked who it is: both cost, so they are rationed. */
  greetedAt: number;
  askedAt: number;
  hello?: WorkerMessageOf<"HELLO">;
  nonce?: string;
  /** The key that was proven. */
  provenKey?: string;
  session?: LinkSession;
  /** libzmq says that nobody is there any more. */
  unreachable?: boolean;
}

/** Connections by routing id; those that have not proven who they are may not fill the memory. */
export interface SessionTable {
  get(id: string): Entry | undefined;
  /** Adds a connection; the oldest unverified one is forgotten where there are too many. */
  add(id: string, routingId: Uint8Array, now: number): Entry;
  remove(entry: Entry): void;
  /** The open session of a worker. */
  openOf(name: string): Entry | undefined;
  /** Marks it open; gives the one it replaces. */
  open(entry: Entry, session: LinkSession): Entry | undefined;
  /** Takes an open one back. */
  shut(entry: Entry, state: "replaced" | "left" | "revoked"): void;
  readonly entries: Iterable<Entry>;
}

export function makeSessionTable(mostUnverified: number): SessionTable {
  const byId = new Map<string, Entry>();
  const unverified = new Map<string, Entry>();
  const byName = new Map<string, Entry>();
  const remove = (entry: Entry): void => {
    byId.delete(entry.id);
    unverified.delete(entry.id);
    const name = entry.session?.name;
    if (name !== undefined && byName.get(name) === entry) byName.delete(name);
  };
  const hold = (entry: Entry): void => {
    const oldest = unverified.size >= mostUnverified ? unverified.values().next().value : undefined;
    if (oldest !== undefined) remove(oldest);
    unverified.set(entry.id, entry);
  };
  const shut = (entry: Entry, state: "replaced" | "left" | "revoked"): void => {
    entry.state = state;
    const name = entry.session?.name;
    if (name !== undefined && byName.get(name) === entry) byName.delete(name);
    hold(entry); // as a stranger's, from now on
  };
  return {
    get: (id) => byId.get(id),
    add(id, routingId, now) {
      const never = Number.NEGATIVE_INFINITY;
      const entry: Entry = { id, routingId, state: "new", heardAt: now, greetedAt: never, askedAt: never };
      byId.set(id, entry);
      hold(entry);
      return entry;
    },
    remove,
    openOf: (name) => byName.get(name),
    open(entry, session) {
      const before = byName.get(session.name);
      if (before && before !== entry) shut(before, "replaced");
      entry.state = "open";
      entry.session = session;
      unverified.delete(entry.id);
      byName.set(session.name, entry);
      return before === entry ? undefined : before;
    },
    shut,
    entries: { [Symbol.iterator]: () => byId.values() },
  };
}
