import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nextCheckAt } from "./health-due.js";
import type { LabDevice, LabState, LabType, LabWorker, QueuedJob } from "./lab-state.js";
import { schedulingPass } from "./pass.js";

const now = 1_000_000_000_000;
const hour = 3_600_000;
const worker = (name: string, more: Partial<LabWorker> = {}): LabWorker => ({
  name,
  state: "Online",
  health: "Active",
  jobLimit: 0,
  ...more,
});
const type = (name: string, more: Partial<LabType> = {}): LabType => ({
  name,
  display: true,
  jobLimit: 0,
  healthCheck: { disabled: false, frequency: 24, denominator: "hours" },
  ...more,
});
const device = (name: string, more: Partial<LabDevice> = {}): LabDevice => ({
  name,
  type: "qemu",
  state: "Idle",
  health: "Good",
  worker: "w1",
  tags: new Set(),
  hasHealthCheck: false,
  ...more,
});
const job = (id: number, more: Partial<QueuedJob> = {}): QueuedJob => ({
  id,
  type: "qemu",
  device: null,
  worker: null,
  tags: [],
  submitter: 1,
  priority: 50,
  submitted: now + id,
  group: null,
  subId: null,
  role: null,
  ...more,
});
interface Lab {
  workers?: LabWorker[];
  types?: LabType[];
  devices: LabDevice[];
  queue?: QueuedJob[];
  active?: [number, number][];
  served?: [number, number][];
  maySubmit?: LabState["maySubmit"];
}
const lab = ({
  workers = [worker("w1")],
  types = [type("qemu")],
  devices,
  queue = [],
  active = [],
  served = [],
  maySubmit = () => true,
}: Lab): LabState => ({
  now,
  workers: new Map(workers.map((row) => [row.name, row])),
  types: new Map(types.map((row) => [row.name, row])),
  devices,
  queue,
  active: new Map(active),
  served: new Map(served),
  maySubmit,
});
const pass = (state: Lab) => schedulingPass(lab(state), { random: () => 0.5 });
const given = (state: Lab) => pass(state).assignments.map(({ job: id, device: name }) => `${id}:${name}`);
const why = (state: Lab, id = 1) => pass(state).waits.get(id);

describe("who gets a device", () => {
  test("one device takes one job: the highest priority, then the oldest", () => {
    const queue = [job(1), job(2, { priority: 100 }), job(3)];
    expect(given({ devices: [device("d1")], queue })).toEqual(["2:d1"]);
    expect(given({ devices: [device("d1"), device("d2")], queue })).toEqual(["2:d1", "1:d2"]);
  });

  test("a person with a thousand jobs does not shut out another", () => {
    const many = Array.from({ length: 1_000 }, (_, index) => job(index + 1));
    const queue = [...many, job(2_000, { submitter: 2 }), job(2_001, { submitter: 2 })];
    const devices = ["a", "b", "c", "d"].map((name) => device(name));
    expect(given({ devices, queue }).map((line) => line.split(":")[0])).toEqual(["1", "2000", "2", "2001"]);
    expect(given({ devices: [device("a")], queue, active: [[1, 3]] })).toEqual(["2000:a"]);
    // the one device is free again: who had it last waits for those who did not
    expect(given({ devices: [device("a")], queue, served: [[1, now]] })).toEqual(["2000:a"]);
    expect(
      given({
        devices: [device("a")],
        queue,
        served: [
          [1, now],
          [2, now + 1],
        ],
      }),
    ).toEqual(["1:a"]);
    // but priority comes first
    expect(
      given({ devices: [device("a")], queue: [...queue, job(9_999, { priority: 51 })], active: [[1, 3]] }),
    ).toEqual(["9999:a"]);
  });

  test("pinned devices, pinned workers, tags; special devices are left to those who need them", () => {
    const devices = [device("d1", { tags: new Set(["hdmi"]) }), device("d2", { worker: "w2" }), device("d3")];
    const workers = [worker("w1"), worker("w2")];
    expect(given({ workers, devices, queue: [job(1, { device: "d3" })] })).toEqual(["1:d3"]);
    expect(given({ workers, devices, queue: [job(1, { worker: "w2" })] })).toEqual(["1:d2"]);
    expect(given({ workers, devices, queue: [job(1), job(2, { tags: ["hdmi"] })] })).toContain("2:d1");
  });

  test.each<[string, Partial<LabDevice>, Partial<LabWorker>, Partial<LabType>]>([
    ["busy", { state: "Running", job: 77 }, {}, {}],
    ["bad", { health: "Bad" }, {}, {}],
    ["in maintenance", { health: "Maintenance" }, {}, {}],
    ["looping", { health: "Looping" }, {}, {}],
    ["retired", { health: "Retired" }, {}, {}],
    ["without worker", { worker: null }, {}, {}],
    ["without dictionary", { noDictionary: true }, {}, {}],
    ["on an unknown worker", { worker: "w9" }, {}, {}],
    ["on an offline worker", {}, { state: "Offline" }, {}],
    ["on a worker in maintenance", {}, { health: "Maintenance" }, {}],
    ["of a hidden type", {}, {}, { display: false }],
  ])("not a device that is %s", (_what, ofDevice, ofWorker, ofType) => {
    const state = {
      workers: [worker("w1", ofWorker)],
      types: [type("qemu", ofType)],
      devices: [device("d1", ofDevice)],
      queue: [job(1)],
    };
    expect(given(state)).toEqual([]);
    expect(why(state)?.length).toBeGreaterThan(10);
  });

  test("limits of workers and types count what runs already", () => {
    const devices = [device("d1", { state: "Running" }), device("d2"), device("d3")];
    const queue = [job(1), job(2)];
    expect(given({ workers: [worker("w1", { jobLimit: 2 })], devices, queue })).toHaveLength(1);
    expect(given({ types: [type("qemu", { jobLimit: 2 })], devices, queue })).toHaveLength(1);
    expect(given({ workers: [worker("w1", { jobLimit: 1 })], devices, queue })).toEqual([]);
  });

  test("restricted devices are for those who may", () => {
    const state = {
      devices: [device("d1"), device("d2")],
      queue: [job(1)],
      maySubmit: (_: number, { name }: LabDevice) => name === "d2",
    };
    expect(given(state)).toEqual(["1:d2"]);
  });
});

describe("groups", () => {
  const member = (id: number, more: Partial<QueuedJob> = {}) =>
    job(id, { group: "g", subId: `1.${id}`, role: `role${id}`, submitted: now, ...more });

  test("get their devices together or not at all", () => {
    const queue = [member(1), member(2)];
    expect(given({ devices: [device("d1"), device("d2")], queue })).toEqual(["1:d1", "2:d2"]);
    expect(given({ devices: [device("d1"), device("d2", { state: "Running", job: 9 })], queue })).toEqual([]);
    expect(why({ devices: [device("d1"), device("d2", { state: "Running", job: 9 })], queue })).toMatch(
      /role2 \(job 1.2\)/,
    );
  });

  test("two groups that need each other's devices don't lock one another out", () => {
    const queue = [member(1), member(2), member(3, { group: "h" }), member(4, { group: "h" })];
    expect(given({ devices: [device("d1"), device("d2")], queue })).toEqual(["1:d1", "2:d2"]);
  });

  test("small jobs behind a group can't starve it, while a group without hope keeps nobody", () => {
    const queue = [member(1), member(2), job(10)];
    expect(given({ devices: [device("d1"), device("d2", { state: "Running" })], queue })).toEqual([]);
    expect(given({ devices: [device("d1"), device("d2", { health: "Bad" })], queue })).toEqual(["10:d1"]);
  });

  test("a member over a connection runs where its host runs", () => {
    const queue = [member(1), member(2, { type: null })];
    expect(pass({ devices: [device("d1")], queue }).assignments).toEqual([
      { job: 1, device: "d1", worker: "w1" },
      { job: 2, device: null, worker: "w1" },
    ]);
  });
});

describe("health checks", () => {
  const checked = (hoursAgo: number, jobsSince = 0) => ({
    hasHealthCheck: true,
    checked: { at: now - hoursAgo * hour, jobsSince },
  });
  const perJobs = type("qemu", { healthCheck: { disabled: false, frequency: 3, denominator: "jobs" } });
  const off = type("qemu", { healthCheck: { disabled: true, frequency: 3, denominator: "jobs" } });

  test.each<[string, Partial<LabDevice>, LabType, boolean]>([
    ["never checked", { hasHealthCheck: true }, type("qemu"), true],
    ["checked an hour ago", checked(1), type("qemu"), false],
    ["checked 25 hours ago", checked(25), type("qemu"), true],
    ["three jobs since", checked(1, 3), perJobs, true],
    ["two jobs since", checked(100, 2), perJobs, false],
    ["Unknown", { ...checked(1), health: "Unknown" }, type("qemu"), true],
    ["Looping", { ...checked(1), health: "Looping" }, type("qemu"), true],
    ["Bad", { ...checked(99), health: "Bad" }, type("qemu"), false],
    ["Unknown, but no check is written", { health: "Unknown" }, type("qemu"), false],
    ["switched off", { hasHealthCheck: true, health: "Unknown" }, off, false],
  ])("%s", (_what, more, ofType, due) => {
    const made = pass({ types: [ofType], devices: [device("d1", more)], queue: [job(1)] });
    expect(made.healthChecks).toEqual(due ? [{ device: "d1", worker: "w1" }] : []);
    if (due) expect(made.assignments).toEqual([]);
  });

  test("they come before jobs, and count for the worker's limit", () => {
    const devices = [device("d1", { hasHealthCheck: true }), device("d2")];
    expect(pass({ workers: [worker("w1", { jobLimit: 1 })], devices, queue: [job(1)] })).toMatchObject({
      healthChecks: [{ device: "d1" }],
      assignments: [],
    });
    expect(pass({ devices: [device("d1", { hasHealthCheck: true })], queue: [job(1)] }).waits.get(1)).toMatch(
      /health check first/,
    );
  });

  test("the next one by the clock is known", () => {
    const types = new Map([["qemu", type("qemu")]]);
    expect(nextCheckAt([device("a", checked(23)), device("b", checked(20))], types, now)).toBe(now + hour + 1);
    expect(nextCheckAt([device("a", { ...checked(23), health: "Bad" })], types, now)).toBeUndefined();
  });
});

describe("why a job waits", () => {
  test.each<[string, Partial<QueuedJob>, LabDevice[], RegExp]>([
    ["no device", {}, [], /no device of type qemu/],
    ["all retired", {}, [device("d1", { health: "Retired" })], /all are retired/],
    [
      "busy",
      {},
      [device("d1", { state: "Running", job: 12 }), device("d2", { state: "Reserved", job: 13 })],
      /^2 devices are busy with jobs 12, 13$/,
    ],
    [
      "mixed",
      {},
      [device("d1", { state: "Running", job: 12 }), device("d2", { health: "Bad" })],
      /d1 is busy with job 12; d2 is in health Bad/,
    ],
    [
      "looping: whether a check runs on it or not",
      {},
      [device("d1", { state: "Running", job: 44, health: "Looping" })],
      /^d1 is in health Looping, and gets health checks only$/,
    ],
    ["tags", { tags: ["hdmi"] }, [device("d1")], /no device of type qemu has tag hdmi/],
    ["pinned away", { device: "d9" }, [device("d1")], /device d9 is not there/],
    ["worker", { worker: "w9" }, [device("d1")], /on worker w9/],
  ])("%s", (_what, more, devices, text) => {
    expect(why({ devices, queue: [job(1, more)] })).toMatch(text);
  });

  test("who comes before, offline workers, limits, rights", () => {
    expect(why({ devices: [device("d1")], queue: [job(1), job(0)] })).toBe("d1 is given to jobs before it");
    expect(why({ workers: [worker("w1", { state: "Offline" })], devices: [device("d1")], queue: [job(1)] })).toBe(
      "d1 is on worker w1, which is offline",
    );
    const devices = [device("d1", { state: "Running", job: 5 }), device("d2")];
    expect(why({ types: [type("qemu", { jobLimit: 1 })], devices, queue: [job(1)] })).toMatch(/limit of 1 job at once/);
    expect(why({ workers: [worker("w1", { jobLimit: 1 })], devices, queue: [job(1)] })).toMatch(
      /w1, which has its limit of 1 job$/,
    );
    expect(why({ devices: [device("d1")], queue: [job(1)], maySubmit: () => false })).toMatch(/may not submit/);
  });
});

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const anyLab = fc.record({
  workers: fc
    .tuple(pick(0, 1, 2), pick(0, 1, 3), pick("Online", "Offline"))
    .map(([a, b, state]) => [worker("w1", { jobLimit: a }), worker("w2", { jobLimit: b, state: state as "Online" })]),
  types: pick(0, 1, 2).map((jobLimit) => [
    type("qemu", { jobLimit }),
    type("bbb", { healthCheck: { disabled: false, frequency: 2, denominator: "jobs" } }),
  ]),
  devices: fc
    .array(
      fc.record({
        type: pick("qemu", "bbb"),
        state: pick<LabDevice["state"]>("Idle", "Idle", "Idle", "Running"),
        health: pick<LabDevice["health"]>("Good", "Good", "Unknown", "Looping", "Bad", "Retired", "Maintenance"),
        worker: pick("w1", "w2", null),
        tags: pick([], ["x"], ["x", "y"]).map((tags) => new Set<string>(tags)),
        hasHealthCheck: fc.boolean(),
      }),
      { maxLength: 8 },
    )
    .map((rows) => rows.map((row, index) => device(`d${index}`, row))),
  queue: fc
    .array(
      fc.record({
        type: pick("qemu", "bbb"),
        device: pick(null, null, null, "d0", "d1"),
        worker: pick(null, null, "w1", "w2"),
        tags: pick([], [], ["x"], ["y"]),
        submitter: pick(1, 2, 3),
        priority: pick(0, 50, 100),
        group: pick(null, null, "g", "h"),
      }),
      { maxLength: 10 },
    )
    .map((rows) => rows.map((row, index) => job(index + 1, row))),
});

test("whatever the lab looks like: no device twice, no limit broken, groups whole, and every job placed or told why", () => {
  fc.assert(
    fc.property(anyLab, fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })), (state, numbers) => {
      const view = lab(state as Lab);
      const made = schedulingPass(view, { random: () => numbers.next().value as number });
      const used = [
        ...made.assignments.flatMap(({ device: name }) => name ?? []),
        ...made.healthChecks.map(({ device: name }) => name),
      ];
      expect(new Set(used).size).toBe(used.length);
      const byName = new Map(view.devices.map((row) => [row.name, row]));
      for (const name of used) expect(byName.get(name)).toMatchObject({ state: "Idle" });
      for (const { job: id, device: name } of made.assignments) {
        const wanted = view.queue.find((row) => row.id === id);
        const got = byName.get(name ?? "");
        expect(got?.type).toBe(wanted?.type);
        expect(["Good", "Unknown"]).toContain(got?.health);
        for (const tag of wanted?.tags ?? []) expect(got?.tags.has(tag)).toBe(true);
        if (wanted?.device) expect(name).toBe(wanted.device);
      }
      for (const { name, jobLimit } of view.workers.values()) {
        const before = view.devices.filter((row) => row.worker === name && row.state !== "Idle").length;
        const after = before + used.filter((row) => byName.get(row)?.worker === name).length;
        if (jobLimit > 0 && after > before) expect(after).toBeLessThanOrEqual(jobLimit);
      }
      for (const group of ["g", "h"]) {
        const members = view.queue.filter((row) => row.group === group).map(({ id }) => id);
        const placed = members.filter((id) => made.assignments.some((row) => row.job === id));
        expect([0, members.length]).toContain(placed.length);
      }
      for (const { id } of view.queue) {
        const placed = made.assignments.some((row) => row.job === id);
        expect(placed).toBe(!made.waits.has(id));
      }
    }),
    { numRuns: process.env.BASALT_SOAK ? 50_000 : 2_000 },
  );
});
