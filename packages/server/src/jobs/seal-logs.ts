import { type DaemonLog, toBasaltError } from "@basalt/core";
import type { LogStore } from "../logs/index.js";
import type { LogIntake } from "../results/index.js";
import type { JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";

export interface LogSealerOptions {
  readonly store: Store;
  readonly logs: LogStore;
  readonly intake: LogIntake;
  readonly log: DaemonLog;
}

/** Packs the logs of finished jobs, once their results are in the tables. */
export interface LogSealer {
  /** Again does nothing. @throws what the disk or the database says */
  seal(job: number): Promise<void>;
  /** Packs what was left: logs of jobs that ended as their server died, or that were given up. @returns how many */
  sweep(): Promise<number>;
}

const mostAtOnce = 100;

export function makeLogSealer({ store, logs, intake, log }: LogSealerOptions): LogSealer {
  const unsealed = (): Promise<{ id: number }[]> =>
    store
      .knex<JobRow>("jobs")
      .where({ state: "Finished", log_sealed: false })
      .orderBy("id")
      .limit(mostAtOnce)
      .select("id");

  async function seal(job: number): Promise<void> {
    await intake.settle(job);
    // a job that never ran has no log
    if ((await logs.count(job)) > 0) await logs.seal(job);
    await store.knex<JobRow>("jobs").where({ id: job, state: "Finished" }).update({ log_sealed: true });
  }

  return {
    seal,
    async sweep() {
      let packed = 0;
      const failed = new Set<number>();
      for (let jobs = await unsealed(); jobs.some(({ id }) => !failed.has(id)); jobs = await unsealed())
        for (const { id } of jobs)
          try {
            await seal(id);
            packed++;
          } catch (error) {
            failed.add(id);
            log.warning(`the log of job ${id} can't be packed: ${toBasaltError(error).message}`, { job: id });
          }
      return packed;
    },
  };
}
