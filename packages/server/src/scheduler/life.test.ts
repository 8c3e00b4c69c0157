import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type DeviceFacts,
  type JobEvent,
  type JobFacts,
  jobTransition,
  setDeviceHealth,
  workerTransition,
} from "../states/index.js";
import { type DeviceHealth, deviceHealths, jobStates, type WorkerState } from "../store/rows.js";
import type { LabState, QueuedJob } from "./lab-state.js";
import { schedulingPass } from "./pass.js";

const total = process.env.BASALT_SOAK ? 2_000_000 : 100_000;
const perRun = 500;
const typeNames = ["qemu", "bbb"];

type ModelJob = { -readonly [Key in keyof JobFacts]: JobFacts[Key] } & { readonly queued: QueuedJob };
type ModelDevice = { -readonly [Key in keyof DeviceFacts]: DeviceFacts[Key] } & {
  readonly type: string;
  readonly worker: string;
};

/** A lab in memory, changed by nothing but the state machines and the scheduling pass. */
class ModelLab {
  readonly jobs = new Map<number, ModelJob>();
  readonly devices = new Map<string, ModelDevice>();
  readonly workers = new Map<string, WorkerState>([
    ["w0", "Offline"],
    ["w1", "Online"],
  ]);
  readonly given: string[] = [];
  #now = 1_000;

  constructor(private readonly random: () => number) {
    for (let index = 0; index < 6; index++)
      this.devices.set(`d${index}`, {
        name: `d${index}`,
        state: "Idle",
        health: "Unknown",
        type: typeNames[index % 2] ?? "",
        worker: `w${index % 2}`,
      });
  }

  submit(group: string | null): void {
    const id = this.jobs.size + 1;
    const queued: QueuedJob = {
      id,
      type: typeNames[id % 2] ?? "",
      device: this.random() < 0.1 ? `d${2 * Math.floor(this.random() * 3) + (id % 2)}` : null,
      worker: null,
      tags: [],
      submitter: id % 3,
      priority: [0, 50, 100][id % 3] ?? 50,
      submitted: this.#now++,
      group,
      subId: null,
      role: null,
    };
    const health_check = false;
    this.jobs.set(id, {
      id,
      state: "Submitted",
      health: "Unknown",
      health_check,
      essential: id % 4 === 0,
      target_group: group,
      actual_device: null,
      started: false,
      queued,
    });
  }

  #view(): LabState {
    const holder = new Map(
      [...this.jobs.values()].filter(({ state }) => state !== "Finished").map((job) => [job.actual_device, job.id]),
    );
    const devices = [...this.devices.values()].map((device) => {
      const job = holder.get(device.name);
      return { ...device, tags: new Set<string>(), hasHealthCheck: false, ...(job === undefined ? {} : { job }) };
    });
    return {
      now: this.#now,
      workers: new Map(
        [...this.workers].map(([name, state]) => [name, { name, state, health: "Active", jobLimit: 2 }]),
      ),
      types: new Map(
        typeNames.map((name) => [
          name,
          { name, display: true, jobLimit: 0, healthCheck: { disabled: true, frequency: 1, denominator: "hours" } },
        ]),
      ),
      devices,
      queue: [...this.jobs.values()].filter(({ state }) => state === "Submitted").map(({ queued }) => queued),
      active: new Map(),
      served: new Map(),
      maySubmit: () => true,
    };
  }

  pass(): void {
    const view = this.#view();
    const { assignments, waits } = schedulingPass(view, { random: this.random });
    for (const { job, device } of assignments) {
      must(this.devices.get(device ?? "")?.state === "Idle", () => `${device} is given, and is not free`);
      this.apply(job, { type: "scheduled", device });
      this.given.push(`${job}:${device}`);
    }
    const queued = [...this.jobs.values()].filter(({ state }) => state === "Submitted");
    for (const { id } of queued) must(waits.get(id), () => `job ${id} is not told why it waits`);
  }

  apply(id: number, event: JobEvent): void {
    const job = this.jobs.get(id);
    if (!job) return;
    const name = "device" in event ? event.device : job.actual_device;
    const device = name === null ? undefined : this.devices.get(name);
    const before = job.state;
    const made = jobTransition(job, device, event);
    if (!made) return;
    must(jobStates.indexOf(made.state) > jobStates.indexOf(before), () => `${before} is followed by ${made.state}`);
    job.state = made.state;
    if (made.health !== undefined) job.health = made.health;
    if (made.actual_device !== undefined) job.actual_device = made.actual_device;
    if (made.starts) job.started = true;
    if (device && made.device) {
      if (made.device.state !== undefined) device.state = made.device.state;
      if (made.device.health !== undefined) device.health = made.device.health;
    }
    if (made.cancelGroup)
      for (const other of this.jobs.values())
        if (other.target_group === job.target_group && other.id !== id) this.apply(other.id, { type: "canceling" });
  }

  setHealth(name: string, health: DeviceHealth): void {
    const device = this.devices.get(name);
    if (!device) return;
    const change = setDeviceHealth(device, health);
    device.health = change.health;
    if (!change.cancelJob) return;
    for (const job of this.jobs.values())
      if (job.actual_device === name && job.state !== "Finished") this.apply(job.id, { type: "canceling" });
  }

  worker(name: string, event: "seen" | "lost"): void {
    const state = this.workers.get(name) ?? "Offline";
    const made = workerTransition({ name, state, health: "Active" }, event);
    if (made) this.workers.set(name, made.state);
  }

  check(): void {
    const holders = new Map<string, number>();
    for (const job of this.jobs.values()) {
      if (job.state === "Finished") must(job.health !== "Unknown", () => `job ${job.id} has no final state`);
      if (job.state === "Finished" || job.actual_device === null) continue;
      const other = holders.get(job.actual_device);
      must(other === undefined, () => `${job.actual_device} is given to jobs ${other} and ${job.id}`);
      holders.set(job.actual_device, job.id);
    }
    for (const { name, state } of this.devices.values())
      must(
        (state === "Idle") !== holders.has(name),
        () => `${name} is ${state}, held by ${holders.get(name) ?? "nobody"}`,
      );
  }
}

/** As `expect`, but fast enough to be asked a million times. */
function must(holds: unknown, otherwise: () => string): void {
  if (!holds) throw new Error(otherwise());
}

type Step = readonly [what: number, which: number, how: number];

function submit(lab: ModelLab, how: number): void {
  if (how % 4 > 0) return void lab.submit(null);
  const group = `g${lab.jobs.size}`;
  lab.submit(group);
  lab.submit(group);
}

function play(lab: ModelLab, [what, which, how]: Step): void {
  const id = 1 + (which % Math.max(lab.jobs.size, 1));
  if (what < 3) submit(lab, how);
  else if (what < 6) lab.pass();
  else if (what < 9) lab.apply(id, { type: "running" });
  else if (what < 12)
    lab.apply(id, { type: "finished", result: how % 2 ? "pass" : "fail", infrastructure: how % 3 === 0 });
  else if (what < 13) lab.apply(id, { type: "canceling" });
  else if (what < 14) lab.worker(`w${which % 2}`, how % 4 === 0 ? "lost" : "seen");
  else lab.setHealth(`d${which % 6}`, how % 2 ? "Good" : (deviceHealths[how % deviceHealths.length] ?? "Good"));
}

test(`after any of ${total} random events no device has two jobs and no job is lost`, () => {
  let events = 0;
  let given = 0;
  const step = fc.tuple(fc.integer({ min: 0, max: 14 }), fc.nat({ max: 1_000 }), fc.nat({ max: 11 }));
  const seeds = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(seeds, fc.array(step, { minLength: perRun, maxLength: perRun }), (seed, steps) => {
      let state = seed;
      const lab = new ModelLab(() => {
        state = (state * 48_271) % 2_147_483_647;
        return state / 2_147_483_647;
      });
      for (const one of steps) {
        play(lab, one);
        lab.check();
        events++;
      }
      // every job comes to its end once all is well again
      for (const name of lab.devices.keys()) lab.setHealth(name, "Good");
      for (const name of lab.workers.keys()) lab.worker(name, "seen");
      for (let round = 0; [...lab.jobs.values()].some(({ state: now }) => now !== "Finished"); round++) {
        expect(round, "the queue runs empty").toBeLessThan(lab.jobs.size + 2);
        lab.pass();
        for (const { id, state: now } of lab.jobs.values())
          if (now !== "Submitted" && now !== "Finished")
            lab.apply(id, { type: "finished", result: "pass", infrastructure: false });
        lab.check();
      }
      given += lab.given.length;
    }),
    { numRuns: total / perRun, endOnFailure: true },
  );
  expect(events).toBeGreaterThanOrEqual(total);
  expect(given).toBeGreaterThan(total / 100);
}, 120_000);
