import { describe, expect, test } from "vitest";
import {
  type DeviceHealth,
  deviceHealths,
  type JobHealth,
  type JobState,
  jobStates,
  workerHealths,
} from "../store/rows.js";
import { type DeviceFacts, healthAfterJob, setDeviceHealth } from "./device-states.js";
import { type JobEvent, type JobFacts, jobTransition } from "./job-states.js";
import { setWorkerHealth, workerTransition } from "./worker-states.js";

const job = (state: JobState, more: Partial<JobFacts> = {}): JobFacts => ({
  id: 7,
  state,
  health: "Unknown",
  health_check: false,
  essential: false,
  target_group: null,
  actual_device: "qemu1",
  started: state === "Running" || state === "Canceling",
  ...more,
});
const device = (health: DeviceHealth = "Good"): DeviceFacts => ({ name: "qemu1", state: "Running", health });
const events: Readonly<Record<string, JobEvent>> = {
  scheduling: { type: "scheduling", device: "qemu1" },
  scheduled: { type: "scheduled", device: "qemu1" },
  running: { type: "running" },
  canceling: { type: "canceling" },
  passed: { type: "finished", result: "pass", infrastructure: false },
  failed: { type: "finished", result: "fail", infrastructure: false },
};

/** The whole table of spec 5.5: state after each event in each state, `-` where nothing happens. */
const table: Readonly<Record<string, readonly string[]>> = {
  //          Submitted     Scheduling    Scheduled    Running      Canceling    Finished
  scheduling: ["Scheduling", "-", "-", "-", "-", "-"],
  scheduled: ["Scheduled", "Scheduled", "-", "-", "-", "-"],
  running: ["Running", "Running", "Running", "-", "-", "-"],
  canceling: ["Finished", "Canceling", "Canceling", "Canceling", "-", "-"],
  passed: ["Finished", "Finished", "Finished", "Finished", "Finished", "-"],
  failed: ["Finished", "Finished", "Finished", "Finished", "Finished", "-"],
};

describe("jobs", () => {
  const cells = Object.entries(table).flatMap(([event, row]) =>
    row.map((after, index) => [event, jobStates[index] as JobState, after] as const),
  );
  test.each(cells)("%s in %s: %s", (event, state, after) => {
    const made = jobTransition(job(state), device(), events[event] as JobEvent);
    expect(made?.state ?? "-").toBe(after);
  });

  test.each<[JobState, string, JobHealth]>([
    ["Running", "passed", "Complete"],
    ["Running", "failed", "Incomplete"],
    ["Canceling", "passed", "Canceled"],
    ["Canceling", "failed", "Canceled"],
    ["Submitted", "canceling", "Canceled"],
  ])("in %s, %s: health %s", (state, event, health) => {
    expect(jobTransition(job(state), device(), events[event] as JobEvent)?.health).toBe(health);
  });

  test("a device is reserved, runs, and is idle again", () => {
    const made = ["scheduled", "running", "passed"].map((event, index) =>
      jobTransition(
        job((["Submitted", "Scheduled", "Running"] as const)[index] as JobState),
        device(),
        events[event] as JobEvent,
      ),
    );
    expect(made.map((transition) => transition?.device?.state)).toEqual(["Reserved", "Running", "Idle"]);
    expect(jobTransition(job("Submitted"), undefined, { type: "scheduled", device: null })?.device).toBeUndefined();
  });

  test("times are set once", () => {
    expect(jobTransition(job("Scheduled"), device(), { type: "running" })).toMatchObject({ starts: true });
    const ended = jobTransition(job("Running"), device(), events.passed as JobEvent);
    expect(ended).toMatchObject({ ends: true });
    expect(ended).not.toHaveProperty("starts");
    expect(jobTransition(job("Scheduled"), device(), events.failed as JobEvent)).toMatchObject({
      starts: true,
      ends: true,
    });
  });

  test("an essential member takes its group along when it fails or is canceled, not when it completes", () => {
    const member = (state: JobState) => job(state, { essential: true, target_group: "g" });
    expect(jobTransition(member("Running"), device(), events.failed as JobEvent)?.cancelGroup).toBe(true);
    expect(jobTransition(member("Running"), device(), events.canceling as JobEvent)?.cancelGroup).toBe(true);
    expect(jobTransition(member("Submitted"), device(), events.canceling as JobEvent)?.cancelGroup).toBe(true);
    expect(jobTransition(member("Running"), device(), events.passed as JobEvent)?.cancelGroup).toBeUndefined();
    expect(
      jobTransition(job("Running", { essential: true }), device(), events.failed as JobEvent)?.cancelGroup,
    ).toBeUndefined();
    expect(
      jobTransition(job("Running", { target_group: "g" }), device(), events.failed as JobEvent)?.cancelGroup,
    ).toBeUndefined();
  });
});

/** Spec 5.6: health after [health check complete, incomplete, canceled; other job with an infrastructure error, with another one]. */
const healthTable: Readonly<Record<DeviceHealth, readonly DeviceHealth[]>> = {
  Good: ["Good", "Bad", "Bad", "Unknown", "Good"],
  Unknown: ["Good", "Bad", "Bad", "Unknown", "Unknown"],
  Bad: ["Good", "Bad", "Bad", "Unknown", "Bad"],
  Looping: ["Looping", "Looping", "Looping", "Looping", "Looping"],
  Maintenance: ["Maintenance", "Maintenance", "Maintenance", "Maintenance", "Maintenance"],
  Retired: ["Retired", "Retired", "Retired", "Retired", "Retired"],
};

describe("devices", () => {
  test.each(deviceHealths.map((health) => [health, healthTable[health]] as const))("%s: %j", (health, after) => {
    const check = (end: JobHealth) =>
      healthAfterJob(device(health), { job: { id: 7, health_check: true }, health: end, infrastructure: false });
    const other = (infrastructure: boolean) =>
      healthAfterJob(device(health), { job: { id: 7, health_check: false }, health: "Incomplete", infrastructure });
    const made = [check("Complete"), check("Incomplete"), check("Canceled"), other(true), other(false)];
    expect(made.map((change) => change?.health ?? health)).toEqual(after);
    for (const change of made) {
      if (change && change.health !== health)
        expect(change.notes[0]?.message).toMatch(new RegExp(`^${health} → ${change.health} \\(.*\\[7\\]`));
    }
  });

  test("a job of a complete run changes nothing, an infrastructure flag or not", () => {
    expect(
      healthAfterJob(device("Bad"), { job: { id: 1, health_check: false }, health: "Complete", infrastructure: true }),
    ).toBeUndefined();
  });

  test("a looping device's failed check is written down", () => {
    const change = healthAfterJob(device("Looping"), {
      job: { id: 7, health_check: true },
      health: "Incomplete",
      infrastructure: false,
    });
    expect(change?.notes[0]?.message).toBe("Looping health-check [7] failed");
  });

  test("retiring a device that works ends its job", () => {
    expect(setDeviceHealth(device(), "Retired", "sold")).toEqual({
      health: "Retired",
      notes: [{ kind: "device", object: "qemu1", message: "Good → Retired (sold)" }],
      cancelJob: true,
    });
    expect(setDeviceHealth({ ...device(), state: "Idle" }, "Retired").cancelJob).toBe(false);
    expect(setDeviceHealth(device(), "Maintenance").cancelJob).toBe(false);
  });
});

describe("workers", () => {
  const worker = { name: "w1", state: "Offline", health: "Active" } as const;

  test("online when it speaks, offline when it is lost, each written once", () => {
    expect(workerTransition(worker, "seen")).toEqual({
      state: "Online",
      notes: [{ kind: "worker", object: "w1", message: "Offline → Online" }],
    });
    expect(workerTransition(worker, "lost")).toBeUndefined();
    expect(workerTransition({ ...worker, state: "Online" }, "lost")?.state).toBe("Offline");
    expect(workerTransition({ ...worker, state: "Online" }, "seen")).toBeUndefined();
  });

  const all = deviceHealths.map((health) => ({ name: health, health }));
  test.each(workerHealths.flatMap((from) => workerHealths.map((to) => [from, to] as const)))(
    "%s becomes %s",
    (from, to) => {
      const change = setWorkerHealth({ ...worker, health: from }, all, to, "why");
      const moved = change.devices.map(({ name, health }) => `${name}>${health}`);
      const expected =
        to === "Retired"
          ? ["Good>Retired", "Unknown>Retired", "Looping>Retired", "Maintenance>Retired"]
          : to === "Active" && from !== "Retired"
            ? ["Good>Unknown"]
            : [];
      expect(moved).toEqual(expected);
      expect(change.notes[0]?.message).toBe(`${from} → ${to} (why)`);
      expect(change.notes).toHaveLength(1 + expected.length);
    },
  );
});
