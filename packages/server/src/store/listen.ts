import { Socket } from "node:net";
import { type Clock, rejectOnAbort } from "@basalt/core";
import pg from "pg";
import { clientConfig, type DatabaseAddress } from "./address.js";
import { connectError, isConnectionLoss } from "./errors.js";
import type { StoreLog } from "./log.js";

export interface Subscription {
  /** Resolves when nothing more will be delivered. */
  close(): Promise<void>;
}

/**
 * Listens on a channel. Resolves when the database listens: what is committed later is delivered. `resync` is called after
 * the connection was lost and is back: notifications in between are gone, so look at the tables.
 */
export type Listen = (
  channel: string,
  onNotice: (payload: string) => void,
  options?: { readonly resync?: () => void },
) => Promise<Subscription>;

interface Ear {
  readonly channel: string;
  readonly onNotice: (payload: string) => void;
  readonly resync: (() => void) | undefined;
}

interface Options {
  readonly address: DatabaseAddress;
  readonly clock: Clock;
  readonly log: StoreLog;
}

/** Asks one thing after another: pg's clients are not to be asked two at a time. */
function inTurn(client: pg.Client): (text: string) => Promise<unknown> {
  let last: Promise<unknown> = Promise.resolve();
  return (text) => {
    const asked = last.then(() => client.query(text));
    last = asked.catch(() => {});
    return asked;
  };
}

/** A connection that listens. */
interface Line {
  readonly client: pg.Client;
  ask(text: string): Promise<unknown>;
  /** Tells that it is of no use any more; the next one is made. */
  lose(error: unknown): void;
}

const backOffMs = [0, 50, 100, 200, 500, 1_000, 2_000, 5_000];
/** A firewall that forgot the connection sends no end: whoever only listens would wait for ever. */
const heartbeatMs = 30_000;
const answerMs = 10_000;
const goodbyeMs = 1_000;

const quoted = (channel: string): string => `"${channel.replaceAll('"', '""')}"`;
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** One connection of its own for all channels: it sits outside the pool, and comes back by itself. Opened at the first `listen`. */
export function makeListener(options: Options): { readonly listen: Listen; close(): Promise<void> } {
  const { address, clock, log } = options;
  const ears = new Set<Ear>();
  const closing = new AbortController();
  let current: Promise<Line> | undefined;
  /** The connection, while there is one. */
  let live: Line | undefined;

  const deliver = (call: () => void, what: string): void => {
    try {
      call();
    } catch (error) {
      log.error(`a listener failed: ${what}`, { error: String(error) });
    }
  };

  async function connect(): Promise<Line> {
    const socket = new Socket();
    const client = new pg.Client({
      ...clientConfig(address),
      application_name: "basalt listener",
      stream: () => socket,
    });
    const ask = inTurn(client);
    const gone = new AbortController();
    let opened = false;
    const lose = (error: unknown): void => {
      if (gone.signal.aborted) return;
      gone.abort(error);
      socket.destroy();
      if (live?.client === client) live = undefined;
      if (!opened || closing.signal.aborted) return;
      log.warning("the listening connection to the database is lost", { reason: textOf(error) });
      current = reconnect();
      current.catch(() => {});
    };
    client.on("error", lose);
    client.on("end", () => lose(new Error("the server closed it")));
    client.on("notification", ({ channel, payload = "" }) => {
      for (const ear of ears) if (ear.channel === channel) deliver(() => ear.onNotice(payload), channel);
    });
    try {
      await client.connect();
      const channels = new Set([...ears].map((ear) => ear.channel));
      for (const channel of channels) await ask(`listen ${quoted(channel)}`);
      gone.signal.throwIfAborted();
    } catch (error) {
      lose(error);
      throw error;
    }
    opened = true;
    beat(ask, gone.signal).catch(lose);
    live = { client, ask, lose };
    return live;
  }

  async function beat(ask: Line["ask"], signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(heartbeatMs, { signal });
      using limit = clock.deadline(answerMs, "an answer of the database");
      const silence = rejectOnAbort(limit.signal);
      await Promise.race([ask("select 1"), silence.promise]).finally(silence.off);
    }
  }

  async function reconnect(): Promise<Line> {
    for (let attempt = 0; ; attempt++) {
      await clock.sleep(backOffMs[Math.min(attempt, backOffMs.length - 1)] ?? 0, { signal: closing.signal });
      try {
        const line = await connect();
        log.info("listening to the database again");
        for (const { resync, channel } of ears) if (resync) deliver(resync, `resync of ${channel}`);
        return line;
      } catch (error) {
        closing.signal.throwIfAborted();
        if (attempt === backOffMs.length) log.warning("still no listening connection", { reason: textOf(error) });
      }
    }
  }

  /** Waits while the connection is being made again; a new one listens to every channel by itself. */
  async function open(channel: string): Promise<void> {
    current ??= connect();
    const mine = current;
    try {
      const line = await mine;
      await line.ask(`listen ${quoted(channel)}`).catch((error: unknown) => {
        if (!isConnectionLoss(error)) throw error;
        line.lose(error);
      });
    } catch (error) {
      if (current === mine) current = undefined;
      throw connectError(error, address, "listening to the database");
    }
    if (current !== mine) await current;
  }

  /** Not waited for: a database that is away, or silent, must not keep anybody from ending. A new connection does not listen to it anyway. */
  function unlisten(channel: string): void {
    if ([...ears].some((other) => other.channel === channel)) return;
    live?.ask(`unlisten ${quoted(channel)}`).catch(() => {});
  }

  return {
    async listen(channel, onNotice, { resync } = {}) {
      const ear: Ear = { channel, onNotice, resync };
      ears.add(ear);
      await open(channel).catch((error: unknown) => {
        ears.delete(ear);
        throw error;
      });
      return {
        async close() {
          ears.delete(ear);
          unlisten(channel);
        },
      };
    },
    async close() {
      closing.abort(new Error("the store is closed"));
      ears.clear();
      const line = await current?.catch(() => undefined);
      if (line === undefined) return;
      using limit = clock.deadline(goodbyeMs, "closing the listening connection");
      const silence = rejectOnAbort(limit.signal);
      await Promise.race([line.client.end(), silence.promise]).catch(() => {});
      silence.off();
      line.lose(closing.signal.reason);
    },
  };
}
