import type { Capacity, Hindrance } from "./capacity.js";
import type { LabDevice, LabState, QueuedJob } from "./lab-state.js";

/** Where devices of a type are found. */
export interface Candidates {
  ofType(type: string): readonly LabDevice[];
}

const some = (names: readonly (string | number)[], most = 5): string =>
  names.length <= most ? names.join(", ") : `${names.slice(0, most).join(", ")} and ${names.length - most} more`;

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? "" : "s"}`;

/** Says why jobs wait. What many jobs have in common is worked out once. */
export class WaitReasons {
  readonly #texts = new Map<string, string>();

  constructor(
    private readonly lab: LabState,
    private readonly capacity: Capacity,
  ) {}

  /** Reasons of the jobs of an entry: `without` are those that found no device, the others wait for these. */
  of(
    jobs: readonly QueuedJob[],
    without: readonly QueuedJob[],
    candidates: Candidates,
  ): readonly (readonly [number, string])[] {
    return jobs.map((job) => {
      if (without.includes(job)) return [job.id, this.#reason(job, candidates)];
      const missing = without.map(({ role, subId, id }) => `${role ?? "a member"} (job ${subId ?? id})`);
      return [job.id, `its MultiNode group: no device yet for ${some(missing)}`];
    });
  }

  #reason(job: QueuedJob, candidates: Candidates): string {
    const key = JSON.stringify([job.type, job.device, job.worker, job.tags, job.submitter]);
    const known = this.#texts.get(key);
    if (known !== undefined) return known;
    const text = this.#work(job, candidates);
    this.#texts.set(key, text);
    return text;
  }

  #work(job: QueuedJob, candidates: Candidates): string {
    const type = job.type ?? "";
    if (this.lab.types.get(type)?.display === false)
      return `devices of type ${type} are not given to jobs: the type is hidden (display is off)`;
    const all = candidates.ofType(type).filter(({ health }) => health !== "Retired");
    if (all.length === 0)
      return `there is no device of type ${type}${candidates.ofType(type).length > 0 ? ": all are retired" : ""}`;
    const steps: readonly (readonly [(device: LabDevice) => boolean, string])[] = [
      [({ name }) => job.device === null || name === job.device, `device ${job.device} is not there, or retired`],
      [({ worker }) => job.worker === null || worker === job.worker, `no such device is on worker ${job.worker}`],
      [
        ({ tags }) => job.tags.every((tag) => tags.has(tag)),
        `no ${job.device === null ? `device of type ${type}` : `such device`} has ${job.tags.length === 1 ? "tag" : "all tags"} ${job.tags.join(", ")}`,
      ],
      [(device) => this.lab.maySubmit(job.submitter, device), "the submitter may not submit to any such device"],
    ];
    let left = all;
    for (const [keep, otherwise] of steps) {
      left = left.filter(keep);
      if (left.length === 0) return otherwise;
    }
    return this.#hindrances(left, type);
  }

  #hindrances(devices: readonly LabDevice[], type: string): string {
    const groups = new Map<string, { devices: string[]; hindrance: Hindrance; jobs: number[] }>();
    for (const device of devices) {
      const hindrance = this.capacity.hindrance(device);
      // free, and yet the job did not get it: its group gave it back
      if (!hindrance) continue;
      const key = hindrance.kind === "busy" ? "busy" : JSON.stringify(hindrance);
      const group = groups.get(key) ?? { devices: [], hindrance, jobs: [] };
      groups.set(key, group);
      group.devices.push(device.name);
      if (hindrance.kind === "busy" && hindrance.job !== undefined) group.jobs.push(hindrance.job);
    }
    const parts = [...groups.values()].map(({ devices: names, hindrance, jobs }) => {
      const who = names.length === 1 ? `${names[0]}` : counted(names.length, "device");
      return `${who} ${inWords(hindrance, names.length, jobs)}`;
    });
    return parts.length > 0 ? parts.join("; ") : `the other members of its group need the devices of type ${type}`;
  }
}

function inWords(hindrance: Hindrance, count: number, jobs: readonly number[]): string {
  const is = count === 1 ? "is" : "are";
  switch (hindrance.kind) {
    case "busy":
      return `${is} busy${jobs.length > 0 ? ` with ${jobs.length === 1 ? "job" : "jobs"} ${some(jobs)}` : ""}`;
    case "taken":
      return `${is} given to jobs before it`;
    case "health-check":
      return `${is} having a health check first`;
    case "health":
      return `${is} in health ${hindrance.health}${hindrance.health === "Looping" ? `, and ${count === 1 ? "gets" : "get"} health checks only` : ""}`;
    case "no-dictionary":
      return `${count === 1 ? "has" : "have"} no dictionary yet ('basalt admin devices dictionary NAME FILE')`;
    case "no-worker":
      return `${count === 1 ? "has" : "have"} no worker`;
    case "worker-away":
      return `${is} on worker ${hindrance.worker}, which is ${hindrance.why}`;
    case "worker-limit":
      return `${is} on worker ${hindrance.worker}, which has its limit of ${counted(hindrance.limit, "job")}`;
    case "type-limit":
      return `${is} kept back: the type's limit of ${counted(hindrance.limit, "job")} at once is reached`;
  }
}
