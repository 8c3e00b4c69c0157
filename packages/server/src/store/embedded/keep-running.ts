import { type Clock, isBasaltError } from "@basalt/core";
import type { StoreLog } from "../log.js";
import { type Postgres, wasKilled } from "./start-postgres.js";

export interface KeptPostgres {
  /** Of the postmaster that runs now or ran last. */
  pid(): number;
  stop(): Promise<void>;
}

interface Options {
  readonly clock: Clock;
  readonly log: StoreLog;
  /** Called before a start that follows a crash. */
  readonly clear: () => Promise<void>;
}

const backOffMs = [0, 100, 200, 500, 1_000, 2_000, 5_000];

/** For the first start: who kills it again and again means it. */
const startsInAll = 3;

async function firstStart(start: () => Promise<Postgres>, { log, clear }: Options): Promise<Postgres> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      if (!wasKilled(error) || attempt === startsInAll) throw error;
      log.error("PostgreSQL was killed while it started; starting it again");
      await clear();
    }
  }
}

/** Starts PostgreSQL and starts it again, with back-off, whenever it ends without having been asked to. Throws when the first start fails. */
export async function keepRunning(start: () => Promise<Postgres>, options: Options): Promise<KeptPostgres> {
  const { clock, log, clear } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let current = await firstStart(start, options);

  async function startAgain(): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await clock.sleep(backOffMs[Math.min(attempt, backOffMs.length - 1)] ?? 0, { signal });
        await clear();
        current = await start();
        log.info(`PostgreSQL runs again (process ${current.pid})`);
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.error(isBasaltError(error) ? error.message : `PostgreSQL could not be started again: ${String(error)}`);
      }
    }
  }

  async function watch(): Promise<void> {
    while (!signal.aborted) {
      const said = await current.ended;
      if (signal.aborted) return;
      log.error(`PostgreSQL (process ${current.pid}) ended by itself; starting it again`, {
        said: said.split("\n").at(-1) ?? "",
      });
      await startAgain();
    }
    // asked to stop while it was being started
    await current.stop();
  }

  const watched = watch();
  return {
    pid: () => current.pid,
    async stop() {
      stopping.abort();
      await current.stop();
      await watched;
    },
  };
}
