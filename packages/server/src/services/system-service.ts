import type { Context } from "./context.js";
import type { SystemService } from "./types.js";
import { devicesVisible, jobsVisible, workersVisible } from "./visible.js";

/** The LAVA release whose interfaces ours are: clients choose by it what they may call (spec 3.3). */
const lavaVersion = "2026.07";

interface Counted {
  readonly word: string;
  readonly count: number;
}

const byWord = (rows: readonly Counted[]): Readonly<Record<string, number>> =>
  Object.fromEntries(rows.map(({ word, count }) => [word, count]));

export function makeSystemService({ store, rights, settings }: Context): SystemService {
  async function count(text: string, values: readonly unknown[]): Promise<readonly Counted[]> {
    const { rows } = (await store.knex.raw(text, [...values] as never[])) as { rows: Counted[] };
    return rows;
  }
  return {
    version: () => ({ lava: lavaVersion, basalt: settings.version ?? "0.1.0" }),
    async overview(asker) {
      const known = await rights.now();
      const jobs = jobsVisible(known, asker);
      const devices = devicesVisible(known, asker, "devices");
      const workers = workersVisible(known, asker, "workers.name");
      const [states, healths, there] = await Promise.all([
        count(
          `select state as word, count(*) as count from jobs where state <> 'Finished' and (${jobs.text}) group by state`,
          jobs.values,
        ),
        count(
          `select case when state = 'Idle' then health else state end as word, count(*) as count
           from devices where ${devices.text} group by 1 order by 1`,
          devices.values,
        ),
        count(
          `select case when health = 'Active' then state else health end as word, count(*) as count
           from workers where ${workers.text} group by 1 order by 1`,
          workers.values,
        ),
      ]);
      const jobStates = byWord(states);
      const of = (...words: readonly string[]): number => words.reduce((sum, word) => sum + (jobStates[word] ?? 0), 0);
      return {
        queued: of("Submitted"),
        running: of("Scheduling", "Scheduled", "Running", "Canceling"),
        devices: byWord(healths),
        workers: byWord(there),
      };
    },
  };
}
