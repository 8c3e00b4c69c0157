import type { DaemonLog } from "@basalt/core";
import type { LogStore } from "../logs/index.js";
import type { LogIntake } from "../results/index.js";
import { inWords } from "../store/errors.js";
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
  /**
   * Packs the logs of jobs that ended and whose worker will not say more of them: there is none, or it has been away for a week. A worker that is
   * there says itself what it still has (see lab-backend.ts), also of jobs that were given up or whose server died as they ended.
   * @returns how many
   */
  sweep(): Promise<number>;
}

const mostAtOnce = 100;
const lateDays = 7;

export function makeLogSealer({ store, logs, intake, log }: LogSealerOptions): LogSealer {
  const { knex } = store;
  const unsealed = (): Promise<{ id: number }[]> =>
    knex("jobs as j")
      .leftJoin("workers as w", "w.name", "j.worker")
      .where({ "j.state": "Finished", "j.log_sealed": false })
      .where((query) =>
        query.whereNull("w.name").orWhere("j.end_time", "<", knex.raw("now() - make_interval(days => ?)", [lateDays])),
      )
      .orderBy("j.id")
      .limit(mostAtOnce)
      .select("j.id");

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
            packed += 1;
          } catch (error) {
            failed.add(id);
            log.warning(`the log of job ${id} can't be packed: ${inWords(error)}`, { job: id });
          }
      return packed;
    },
  };
}
