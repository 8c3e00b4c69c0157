import { Capacity } from "./capacity.js";
import { type Entry, FairQueue } from "./fair-queue.js";
import { healthCheckDue } from "./health-due.js";
import type { Assignment, LabDevice, LabState, PassResult, QueuedJob } from "./lab-state.js";
import { type Candidates, WaitReasons } from "./waits.js";

export interface PassOptions {
  /** Numbers in [0, 1): which of several equal devices a job gets. */
  random(): number;
}

/** One scheduling pass: who gets what, and why the others wait. Pure; the caller writes it down. */
export function schedulingPass(lab: LabState, { random }: PassOptions): PassResult {
  const capacity = new Capacity(lab);
  const healthChecks = dueChecks(lab, capacity);
  const devices = new DevicesByType(lab, random);
  const reasons = new WaitReasons(lab, capacity);
  const queue = new FairQueue(lab);
  const assignments: Assignment[] = [];
  const waits = new Map<number, string>();
  for (let entry = queue.next(); entry; entry = queue.next()) {
    const got = assign(entry, { lab, capacity, devices });
    if (got.ok) {
      queue.served(entry);
      assignments.push(...got.assignments);
    } else for (const [job, text] of reasons.of(entry.jobs, got.without, devices)) waits.set(job, text);
  }
  return { assignments, healthChecks, waits };
}

function dueChecks(lab: LabState, capacity: Capacity): PassResult["healthChecks"] {
  const due: { device: string; worker: string }[] = [];
  const names = [...lab.devices].sort((a, b) =>
    a.type < b.type ? -1 : a.type > b.type ? 1 : a.name < b.name ? -1 : 1,
  );
  for (const device of names) {
    const type = lab.types.get(device.type);
    if (!type?.display || device.worker === null || !healthCheckDue(device, type, lab.now)) continue;
    if (capacity.checkHindrance(device)) continue;
    capacity.take(device, "health-check");
    due.push({ device: device.name, worker: device.worker });
  }
  return due;
}

/** Devices of each type; those with fewer tags first, so that special ones are left to those who need them; equals in random order. */
export class DevicesByType implements Candidates {
  readonly #byType = new Map<string, LabDevice[]>();

  constructor({ devices }: LabState, random: () => number) {
    const keyed = devices.map((device) => ({ device, key: device.tags.size + random() }));
    for (const { device } of keyed.sort((a, b) => a.key - b.key)) {
      const list = this.#byType.get(device.type);
      if (list) list.push(device);
      else this.#byType.set(device.type, [device]);
    }
  }

  ofType(type: string): readonly LabDevice[] {
    return this.#byType.get(type) ?? [];
  }
}

/** Whether a job may run on a device at all, whatever it does now. */
export function fits(job: QueuedJob, device: LabDevice, lab: LabState): boolean {
  return (
    (job.device === null || job.device === device.name) &&
    (job.worker === null || job.worker === device.worker) &&
    job.tags.every((tag) => device.tags.has(tag)) &&
    lab.maySubmit(job.submitter, device)
  );
}

interface Assigning {
  readonly lab: LabState;
  readonly capacity: Capacity;
  readonly devices: DevicesByType;
}

type Assigned =
  | { readonly ok: true; readonly assignments: readonly Assignment[] }
  /** `without`: the members that found no device. */
  | { readonly ok: false; readonly without: readonly QueuedJob[] };

const suitedFor = (job: QueuedJob, { lab, devices }: Omit<Assigning, "capacity">): readonly LabDevice[] =>
  job.type !== null && lab.types.get(job.type)?.display
    ? devices.ofType(job.type).filter((device) => fits(job, device, lab))
    : [];

/** A job that wants a device, and those that suit it, the best first. */
interface Wish {
  readonly job: QueuedJob;
  readonly suited: readonly LabDevice[];
}

interface Match {
  readonly given: ReadonlyMap<LabDevice, QueuedJob>;
  readonly without: readonly QueuedJob[];
}

/** Finds devices for as many wishes as it can; where the last one free was given to a member that could have had another, that one moves. */
function match(wishes: readonly Wish[], capacity: Capacity): Match {
  const given = new Map<LabDevice, QueuedJob>();
  const suited = new Map(wishes.map((wish) => [wish.job, wish.suited]));
  const place = (job: QueuedJob, tried: Set<LabDevice>): boolean => {
    const own = suited.get(job) ?? [];
    const free = own.find((device) => capacity.hindrance(device) === undefined);
    if (free) {
      capacity.take(free, "taken");
      given.set(free, job);
      return true;
    }
    for (const device of own) {
      const holder = given.get(device);
      if (!holder || tried.has(device)) continue;
      tried.add(device);
      if (!place(holder, tried)) continue;
      given.set(device, job);
      return true;
    }
    return false;
  };
  const without = wishes.filter(({ job }) => !place(job, new Set())).map(({ job }) => job);
  return { given, without };
}

/** Whether an entry could have all its devices if nothing else ran: what stands in its way then takes a person. */
function couldEver(wishes: readonly Wish[], lab: LabState): boolean {
  const idle = new Map<LabDevice, LabDevice>();
  const asIdle = (device: LabDevice): LabDevice => {
    const copy = idle.get(device) ?? { ...device, state: "Idle" };
    idle.set(device, copy);
    return copy;
  };
  const alone = wishes.map(({ job, suited }) => ({ job, suited: suited.map(asIdle) }));
  return match(alone, new Capacity({ ...lab, devices: [] })).without.length === 0;
}

/**
 * Gives all jobs of an entry their devices, or none: LAVA reserves members one by one, and two groups that each hold what the other needs
 * wait for ever. A group that only waits for devices that will be free keeps the rest from those behind it, so that small jobs can't starve it.
 */
function assign({ jobs }: Entry, { lab, capacity, devices }: Assigning): Assigned {
  // those who can choose least come first
  const wishes = jobs
    .filter(({ type }) => type !== null)
    .map((job) => ({ job, suited: suitedFor(job, { lab, devices }) }))
    .sort((a, b) => a.suited.length - b.suited.length);
  const { given, without } = match(wishes, capacity);
  if (without.length > 0) {
    if (jobs.length === 1 || !couldEver(wishes, lab)) for (const device of given.keys()) capacity.giveBack(device);
    return { ok: false, without };
  }
  const deviceOf = new Map([...given].map(([device, job]) => [job, device]));
  // a guest runs on the worker of its host
  const hostOf = ({ hostRole }: QueuedJob): LabDevice | undefined =>
    [...deviceOf].find(([{ role }]) => role === hostRole)?.[1] ?? given.keys().next().value;
  return {
    ok: true,
    assignments: jobs.map((job) => {
      const device = deviceOf.get(job);
      return { job: job.id, device: device?.name ?? null, worker: (device ?? hostOf(job))?.worker ?? "" };
    }),
  };
}
