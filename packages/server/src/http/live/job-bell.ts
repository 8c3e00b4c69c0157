import { channels, type JobNotice, type LogNotice } from "../../jobs/channels.js";
import type { LiveOptions } from "./live-options.js";

/** Rings when something about a job changed: its log grew, or its state. */
export interface JobBell extends AsyncDisposable {
  on(job: number, ring: () => void): () => void;
}

export async function makeJobBell({ store, intake, log }: LiveOptions): Promise<JobBell> {
  const rings = new Map<number, Set<() => void>>();
  const ring = (job: number): void => {
    for (const each of rings.get(job) ?? []) each();
  };
  const ringAll = (): void => {
    for (const job of rings.keys()) ring(job);
  };
  const read = <Notice>(payload: string, take: (notice: Notice) => void): void => {
    try {
      take(JSON.parse(payload) as Notice);
    } catch (error) {
      log.warning(`a notice of the database can't be read: ${String(error)}`);
    }
  };
  const subscriptions = [
    await store.listen(channels.jobs, (payload) => read<JobNotice>(payload, ({ id }) => ring(id)), { resync: ringAll }),
    await store.listen(channels.logs, (payload) => read<LogNotice>(payload, ({ job }) => ring(job)), {
      resync: ringAll,
    }),
  ];
  const stopHearing = intake?.onGrown(({ job }) => ring(job));
  return {
    on(job, each) {
      const set = rings.get(job) ?? new Set();
      set.add(each);
      rings.set(job, set);
      return () => {
        set.delete(each);
        if (set.size === 0 && rings.get(job) === set) rings.delete(job);
      };
    },
    async [Symbol.asyncDispose]() {
      stopHearing?.();
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
    },
  };
}
