import type { LabState, QueuedJob } from "./lab-state.js";

const bySubId = (a: QueuedJob, b: QueuedJob): number =>
  (a.subId ?? "").localeCompare(b.subId ?? "", "en", { numeric: true }) || a.id - b.id;

/** A job alone, or the members of a MultiNode group, which get their devices together or not at all. */
export interface Entry {
  readonly jobs: readonly QueuedJob[];
  readonly priority: number;
  readonly submitted: number;
  readonly submitter: number;
}

function entries(queue: readonly QueuedJob[]): Entry[] {
  const units = new Map<string, QueuedJob[]>();
  for (const job of queue) {
    const key = job.group ?? `job ${job.id}`;
    const unit = units.get(key);
    if (unit) unit.push(job);
    else units.set(key, [job]);
  }
  return [...units.values()].map((jobs) => {
    const [first] = jobs.sort(bySubId);
    if (!first) throw new Error("an entry has a job");
    return { jobs, priority: first.priority, submitted: first.submitted, submitter: first.submitter };
  });
}

/**
 * The queue in the order it is served: by priority; within one, the submitter who has the fewest jobs on devices goes first, and of several
 * the one whose last job began longest ago, so that a thousand jobs of one person don't shut out another, on one device either; one person's
 * jobs in the order they came. A job counts once it was given a device.
 */
export class FairQueue {
  /** By priority, then by submitter; each list ends with what comes first. */
  readonly #levels: { readonly waiting: Map<number, Entry[]> }[] = [];
  readonly #active: Map<number, number>;
  readonly #served: ReadonlyMap<number, number>;

  constructor({ queue, active, served }: Pick<LabState, "queue" | "active" | "served">) {
    this.#active = new Map(active);
    this.#served = served;
    const byPriority = new Map<number, Map<number, Entry[]>>();
    for (const entry of entries(queue)) {
      const level = byPriority.get(entry.priority) ?? new Map<number, Entry[]>();
      byPriority.set(entry.priority, level);
      const own = level.get(entry.submitter);
      if (own) own.push(entry);
      else level.set(entry.submitter, [entry]);
    }
    for (const [, waiting] of [...byPriority].sort(([a], [b]) => b - a)) {
      for (const own of waiting.values())
        own.sort((a, b) => b.submitted - a.submitted || (b.jobs[0]?.id ?? 0) - (a.jobs[0]?.id ?? 0));
      this.#levels.push({ waiting });
    }
  }

  /** Takes the next one out; `served` of the one before must have been called if it got its devices. */
  next(): Entry | undefined {
    for (const { waiting } of this.#levels) {
      let best: Entry | undefined;
      for (const own of waiting.values()) {
        const first = own.at(-1);
        if (first && (!best || this.#order(first, best) < 0)) best = first;
      }
      if (!best) continue;
      waiting.get(best.submitter)?.pop();
      return best;
    }
    return undefined;
  }

  #order(a: Entry, b: Entry): number {
    const active = (entry: Entry): number => this.#active.get(entry.submitter) ?? 0;
    const served = (entry: Entry): number => this.#served.get(entry.submitter) ?? 0;
    return active(a) - active(b) || served(a) - served(b) || a.submitted - b.submitted;
  }

  served({ submitter, jobs }: Entry): void {
    this.#active.set(submitter, (this.#active.get(submitter) ?? 0) + jobs.length);
  }
}
