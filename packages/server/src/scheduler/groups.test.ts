import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LabDevice, LabState, LabType, LabWorker, PassResult, QueuedJob } from "./lab-state.js";
import { schedulingPass } from "./pass.js";

const job = (id: number, more: Partial<QueuedJob> = {}): QueuedJob => ({
  id,
  type: "t0",
  device: null,
  worker: null,
  tags: [],
  submitter: 1,
  priority: 50,
  submitted: id,
  group: null,
  subId: null,
  role: null,
  ...more,
});
const device = (name: string, more: Partial<LabDevice> = {}): LabDevice => ({
  name,
  type: "t0",
  state: "Idle",
  health: "Good",
  worker: "w0",
  tags: new Set(),
  hasHealthCheck: false,
  ...more,
});
const type = (name: string, jobLimit = 0): [string, LabType] => [
  name,
  { name, display: true, jobLimit, healthCheck: { disabled: true, frequency: 24, denominator: "hours" } },
];
const worker = (name: string, jobLimit = 0): [string, LabWorker] => [
  name,
  { name, state: "Online", health: "Active", jobLimit },
];
interface Setup {
  readonly workers?: readonly [string, LabWorker][];
  readonly types?: readonly [string, LabType][];
  readonly devices: readonly LabDevice[];
  readonly queue: readonly QueuedJob[];
}
const labOf = ({ workers = [worker("w0"), worker("w1")], types = [type("t0"), type("t1")], devices, queue }: Setup) =>
  ({
    now: 0,
    workers: new Map(workers),
    types: new Map(types),
    devices,
    queue,
    active: new Map(),
    served: new Map(),
    maySubmit: () => true,
  }) satisfies LabState;
const pass = (setup: Setup): PassResult => schedulingPass(labOf(setup), { random: () => 0.5 });
const got = ({ assignments }: PassResult): [number, string | null][] =>
  assignments.map(({ job: id, device: name }) => [id, name]);
const member = (id: number, more: Partial<QueuedJob> = {}): QueuedJob =>
  job(id, { group: "g", subId: `1.${id}`, ...more });

describe("a group", () => {
  test("finds the devices that suit all of it, whoever asked first", () => {
    const tagged = (name: string, ...tags: string[]): LabDevice => device(name, { tags: new Set(tags) });
    const devices = [tagged("d1", "a", "b", "c"), tagged("d2", "a", "x", "y"), tagged("d3", "b", "c", "z")];
    const queue = [member(1, { tags: ["a"] }), member(2, { tags: ["b"] }), member(3, { tags: ["c"] })];
    expect(Object.fromEntries(got(pass({ devices, queue })))).toEqual({
      1: "d2",
      2: expect.stringMatching(/d[13]/),
      3: expect.stringMatching(/d[13]/),
    });
  });

  test("has its guests on the worker of their host", () => {
    const devices = [device("d1"), device("d2", { worker: "w1", type: "t1" })];
    const queue = [
      member(1, { role: "client" }),
      member(2, { role: "guest", type: null, hostRole: "host" }),
      member(3, { role: "host", type: "t1" }),
    ];
    expect(pass({ devices, queue }).assignments).toEqual([
      { job: 1, device: "d1", worker: "w0" },
      { job: 2, device: null, worker: "w1" },
      { job: 3, device: "d2", worker: "w1" },
    ]);
  });

  test.each<[string, Partial<Setup>]>([
    ["its worker's limit", { workers: [worker("w0", 2)] }],
    ["its type's limit", { types: [type("t0", 2)] }],
  ])("that %s will never let in keeps nothing from others", (_what, limits) => {
    const devices = [device("d1"), device("d2"), device("d3")];
    const queue = [member(1), member(2), member(3), job(4), job(5)];
    const result = pass({ devices, queue, ...limits });
    expect(got(result).map(([id]) => id)).toEqual([4, 5]);
    expect([...result.waits.keys()].sort()).toEqual([1, 2, 3]);
  });

  test("that waits for a device that will be free keeps the others, for as long as it takes", () => {
    const busy = device("d1", { state: "Running", job: 9 });
    const queue = [member(1), member(2), job(3)];
    expect(got(pass({ devices: [busy, device("d2")], queue }))).toEqual([]);
    expect(got(pass({ devices: [device("d1"), device("d2")], queue })).map(([id]) => id)).toEqual([1, 2]);
  });

  test("that waits for a device which a person must mend keeps nothing", () => {
    const queue = [member(1), member(2), job(3)];
    expect(got(pass({ devices: [device("d1", { health: "Bad" }), device("d2")], queue }))).toEqual([[3, "d2"]]);
  });

  test("several, under a limit of their type: one after the other, none for ever", () => {
    const devices = ["d1", "d2", "d3", "d4"].map((name) => device(name));
    let queue = [1, 2, 3, 4].map((id) => member(id, { group: id < 3 ? "g" : "h" })).concat(job(5), job(6));
    const order: number[][] = [];
    for (let round = 0; round < 6 && queue.length > 0; round++) {
      const done = new Set(got(pass({ devices, queue, types: [type("t0", 3)] })).map(([id]) => id));
      order.push([...done].sort());
      queue = queue.filter(({ id }) => !done.has(id));
    }
    expect(queue).toEqual([]);
    expect(order[0]).toEqual([1, 2]);
    expect(order.flat().sort()).toEqual([1, 2, 3, 4, 5, 6]);
  });
});

describe("whatever the lab is like", () => {
  const names = (prefix: string, count: number) => fc.nat({ max: count - 1 }).map((index) => `${prefix}${index}`);
  const devices = fc.array(
    fc.record({
      type: names("t", 2),
      worker: fc.option(names("w", 2)),
      health: fc.constantFrom("Good", "Unknown", "Bad", "Looping", "Maintenance"),
      busy: fc.boolean(),
      tags: fc.uniqueArray(fc.constantFrom("a", "b")),
    }),
    { maxLength: 8 },
  );
  const queue = fc.array(
    fc.record({
      type: names("t", 2),
      group: fc.option(names("g", 3)),
      tags: fc.uniqueArray(fc.constantFrom("a", "b"), { maxLength: 1 }),
      priority: fc.constantFrom(0, 50, 100),
      submitter: fc.nat({ max: 2 }),
    }),
    { maxLength: 10 },
  );
  const limits = fc.record({ worker: fc.nat({ max: 3 }), type: fc.nat({ max: 3 }) });

  test("a device goes to one job that it suits, limits hold, groups are whole, and no free device is left to a job alone that could have it", () => {
    fc.assert(
      fc.property(devices, queue, limits, (rows, wishes, limit) => {
        const setup = {
          workers: [worker("w0", limit.worker), worker("w1")],
          types: [type("t0", limit.type), type("t1")],
          devices: rows.map(({ busy, tags, ...row }, index) =>
            device(`d${index}`, {
              ...row,
              tags: new Set(tags),
              ...(busy ? { state: "Running", job: 900 + index } : {}),
            }),
          ),
          queue: wishes.map((wish, index) => job(index, wish)),
        };
        const result = pass(setup);
        const byName = new Map(setup.devices.map((one) => [one.name, one]));
        const given = result.assignments.map(({ device: name }) => byName.get(name ?? "") as LabDevice);
        expect(new Set(given).size).toBe(given.length);
        for (const { job: id, device: name, worker: at } of result.assignments) {
          const wish = setup.queue[id] as QueuedJob;
          const one = byName.get(name ?? "") as LabDevice;
          expect([one.state, one.type, one.worker, wish.tags.every((tag) => one.tags.has(tag))]).toEqual([
            "Idle",
            wish.type,
            at,
            true,
          ]);
          expect(["Good", "Unknown"]).toContain(one.health);
        }
        const working = [...setup.devices.filter(({ state }) => state !== "Idle"), ...given];
        const before = setup.devices.filter(({ state }) => state !== "Idle");
        const on = (list: LabDevice[], key: "worker" | "type", value: string) =>
          list.filter((one) => one[key] === value).length;
        if (limit.worker > 0)
          expect(on(working, "worker", "w0")).toBeLessThanOrEqual(Math.max(limit.worker, on(before, "worker", "w0")));
        if (limit.type > 0)
          expect(on(working, "type", "t0")).toBeLessThanOrEqual(Math.max(limit.type, on(before, "type", "t0")));
        const done = new Set(result.assignments.map(({ job: id }) => id));
        for (const { id, group } of setup.queue) {
          expect(done.has(id)).toBe(!result.waits.has(id));
          if (group !== null)
            for (const other of setup.queue) if (other.group === group) expect(done.has(other.id)).toBe(done.has(id));
        }
        if (limit.worker > 0 || limit.type > 0 || setup.queue.some(({ group }) => group !== null)) return;
        for (const wish of setup.queue.filter(({ id }) => !done.has(id)))
          for (const one of setup.devices)
            if (
              one.type === wish.type &&
              one.worker !== null &&
              one.state === "Idle" &&
              (one.health === "Good" || one.health === "Unknown") &&
              wish.tags.every((tag) => one.tags.has(tag))
            )
              expect(given).toContain(one);
      }),
      { numRuns: process.env.BASALT_SOAK ? 50_000 : 2_000 },
    );
  });
});
