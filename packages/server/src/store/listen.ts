import type { Clock } from "@basalt/core";
import pg from "pg";
import { clientConfig, type DatabaseAddress } from "./address.js";
import { connectError } from "./errors.js";
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

const backOffMs = [0, 50, 100, 200, 500, 1_000, 2_000, 5_000];

const quoted = (channel: string): string => `"${channel.replaceAll('"', '""')}"`;

/** One connection of its own for all channels: it sits outside the pool, and comes back by itself. Opened at the first `listen`. */
export function makeListener({ address, clock, log }: Options): { readonly listen: Listen; close(): Promise<void> } {
  const ears = new Set<Ear>();
  const closing = new AbortController();
  let current: Promise<pg.Client> | undefined;

  const deliver = (call: () => void, what: string): void => {
    try {
      call();
    } catch (error) {
      log.error(`a listener failed: ${what}`, { error: String(error) });
    }
  };

  async function connect(): Promise<pg.Client> {
    const client = new pg.Client({ ...clientConfig(address), application_name: "basalt listener" });
    let lost = false;
    const onLost = (error?: Error): void => {
      if (lost) return;
      lost = true;
      if (closing.signal.aborted || !opened) return;
      log.warning("the listening connection to the database is lost", { reason: error?.message ?? "closed" });
      current = reconnect();
      current.catch(() => {});
    };
    let opened = false;
    client.on("error", onLost);
    client.on("end", onLost);
    client.on("notification", ({ channel, payload = "" }) => {
      for (const ear of ears) if (ear.channel === channel) deliver(() => ear.onNotice(payload), channel);
    });
    try {
      await client.connect();
      for (const channel of new Set([...ears].map((ear) => ear.channel)))
        await client.query(`listen ${quoted(channel)}`);
      if (lost) throw new Error("the connection was lost at once");
      opened = true;
      return client;
    } catch (error) {
      lost = true;
      client.end().catch(() => {});
      throw error;
    }
  }

  async function reconnect(): Promise<pg.Client> {
    for (let attempt = 0; ; attempt++) {
      await clock.sleep(backOffMs[Math.min(attempt, backOffMs.length - 1)] ?? 0, { signal: closing.signal });
      try {
        const client = await connect();
        log.info("listening to the database again");
        for (const { resync, channel } of ears) if (resync) deliver(resync, `resync of ${channel}`);
        return client;
      } catch (error) {
        closing.signal.throwIfAborted();
        if (attempt === backOffMs.length) log.warning("still no listening connection", { reason: String(error) });
      }
    }
  }

  /** The connection as it is now; waits while it is being made again. */
  async function listening(channel: string): Promise<void> {
    for (;;) {
      const mine = current;
      const client = await mine;
      try {
        await client?.query(`listen ${quoted(channel)}`);
        return;
      } catch (error) {
        // lost meanwhile: the next connection listens to every channel by itself
        if (current === mine) throw error;
      }
    }
  }

  return {
    async listen(channel, onNotice, { resync } = {}) {
      const ear: Ear = { channel, onNotice, resync };
      ears.add(ear);
      try {
        if (current === undefined) {
          current = connect();
          current.catch(() => {
            current = undefined;
          });
        }
        await listening(channel);
      } catch (error) {
        ears.delete(ear);
        throw connectError(error, address, "listening to the database");
      }
      return {
        async close() {
          ears.delete(ear);
          if ([...ears].some((other) => other.channel === channel)) return;
          const client = await current?.catch(() => undefined);
          await client?.query(`unlisten ${quoted(channel)}`).catch(() => {});
        },
      };
    },
    async close() {
      closing.abort();
      ears.clear();
      const client = await current?.catch(() => undefined);
      await client?.end().catch(() => {});
    },
  };
}
