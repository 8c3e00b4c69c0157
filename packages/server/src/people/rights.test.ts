import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type DeviceIdentity,
  healthUser,
  type JobIdentity,
  type ObjectPermission,
  type Person,
  Rights,
} from "./rights.js";

const devices: readonly DeviceIdentity[] = [
  { name: "d0", device_type: "t0", health: "Good" },
  { name: "d1", device_type: "t0", health: "Good" },
  { name: "d2", device_type: "t1", health: "Retired" },
];
const types = ["t0", "t1"];

/**
 * The table of the reference (lava-server.md 5.3), read word by word, with rows looked through instead of kept by key: the other side of
 * the comparison.
 */
class Oracle {
  constructor(private readonly rows: readonly ObjectPermission[]) {}

  /** "codenames; a higher one implies lower ones" */
  static implies(have: string, wanted: string): boolean {
    const rank = ["view", "submit_to", "change"];
    return rank.indexOf(have) >= rank.indexOf(wanted);
  }

  /** "superuser, or global perm" */
  global(who: Person | undefined, kind: string, wanted: string): boolean {
    if (who?.isSuperuser) return true;
    return [...(who?.permissions ?? [])].some((permission) => {
      const [, have, of] = /^(view|submit_to|change)_(.*)$/.exec(permission) ?? [];
      return of === kind && Oracle.implies(have ?? "", wanted);
    });
  }

  /** "group row" */
  row(who: Person | undefined, kind: string, object: string, wanted: string): boolean {
    return this.rows.some(
      (row) =>
        row.kind === kind &&
        row.object === object &&
        Oracle.implies(row.codename, wanted) &&
        who?.groups.has(row.group_id) === true,
    );
  }

  /** "an object with no row for permission P is unrestricted for P" */
  noRow(kind: string, object: string, wanted: string): boolean {
    return !this.rows.some((row) => row.kind === kind && row.object === object && row.codename === wanted);
  }

  view(who: Person | undefined, kind: string, object: string): boolean {
    return this.global(who, kind, "view") || this.row(who, kind, object, "view") || this.noRow(kind, object, "view");
  }

  viewDevice(who: Person | undefined, { name, device_type }: DeviceIdentity): boolean {
    if (this.global(who, "device", "view") || this.row(who, "device", name, "view")) return true;
    return this.noRow("device", name, "view") && this.view(who, "devicetype", device_type);
  }

  submitDevice(who: Person | undefined, { name, device_type, health }: DeviceIdentity): boolean {
    if (health === "Retired" || who === undefined) return false;
    if (who.username === healthUser) return true;
    if (this.global(who, "device", "submit_to") || this.row(who, "device", name, "submit_to")) return true;
    const onType = this.global(who, "devicetype", "submit_to") || this.row(who, "devicetype", device_type, "submit_to");
    return this.noRow("device", name, "submit_to") && (this.noRow("devicetype", device_type, "submit_to") || onType);
  }

  changeType(who: Person | undefined, type: string): boolean {
    return this.global(who, "devicetype", "change") || this.row(who, "devicetype", type, "change");
  }

  changeDevice(who: Person | undefined, { name, device_type }: DeviceIdentity): boolean {
    if (this.global(who, "device", "change") || this.row(who, "device", name, "change")) return true;
    return this.noRow("device", name, "change") && this.changeType(who, device_type);
  }

  viewJob(who: Person | undefined, job: JobIdentity): boolean {
    if (who && (who.id === job.submitter || who.isSuperuser)) return true;
    if (job.viewingGroups.length > 0) return job.viewingGroups.every((group) => who?.groups.has(group) === true);
    if (!job.is_public) return false;
    const places = job.device || job.requested_device_type !== null ? [job] : (job.siblings ?? []);
    return places.every(({ device, requested_device_type }) =>
      device
        ? this.viewDevice(who, device)
        : requested_device_type === null || this.view(who, "devicetype", requested_device_type),
    );
  }

  changeJob(who: Person | undefined, job: JobIdentity): boolean {
    if (!who) return false;
    if (who.id === job.submitter || who.isSuperuser) return true;
    if (job.device) return this.changeDevice(who, job.device);
    return job.requested_device_type !== null && this.changeType(who, job.requested_device_type);
  }
}

const people = fc.option(
  fc.record({
    id: fc.nat({ max: 2 }),
    username: fc.constantFrom("ann", "bob", healthUser),
    isSuperuser: fc.constantFrom(false, false, false, true),
    isStaff: fc.boolean(),
    groups: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 3 }).map((list) => new Set(list)),
    permissions: fc
      .uniqueArray(
        fc.constantFrom(
          ...["device", "devicetype", "worker"].flatMap((kind) =>
            ["view", "submit_to", "change"].map((code) => `${code}_${kind}`),
          ),
          "change_testjob",
          "view_testjob",
        ),
        { maxLength: 2 },
      )
      .map((list) => new Set(list)),
  }),
  { nil: undefined, freq: 8 },
);
const rows: fc.Arbitrary<ObjectPermission[]> = fc.array(
  fc.record({
    kind: fc.constantFrom("device" as const, "devicetype" as const, "worker" as const),
    object: fc.constantFrom("d0", "d1", "d2", "t0", "t1", "w0"),
    codename: fc.constantFrom("view" as const, "submit_to" as const, "change" as const),
    group_id: fc.nat({ max: 3 }),
  }),
  { maxLength: 6 },
);
const place = fc.record({
  device: fc.option(fc.constantFrom(...devices), { nil: undefined }),
  requested_device_type: fc.option(fc.constantFrom(...types)),
});
const job: fc.Arbitrary<JobIdentity> = fc
  .record({
    submitter: fc.nat({ max: 2 }),
    is_public: fc.boolean(),
    viewingGroups: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 2 }),
    at: place,
    siblings: fc.array(place, { maxLength: 2 }),
  })
  .map(({ at, ...rest }) => ({ ...rest, ...at }));
const runs = { numRuns: process.env.BASALT_SOAK ? 100_000 : 3_000 };

describe("rights are those of the reference's table, whoever asks for whatever", () => {
  test("of types, workers and devices", () => {
    fc.assert(
      fc.property(people, rows, (who, given) => {
        const rights = new Rights(given);
        const oracle = new Oracle(given);
        for (const type of types) {
          expect(rights.mayView(who, "devicetype", type)).toBe(oracle.view(who, "devicetype", type));
          expect(rights.mayChange(who, "devicetype", type)).toBe(oracle.changeType(who, type));
        }
        expect(rights.mayView(who, "worker", "w0")).toBe(oracle.view(who, "worker", "w0"));
        for (const device of devices) {
          expect(rights.mayViewDevice(who, device)).toBe(oracle.viewDevice(who, device));
          expect(rights.maySubmitToDevice(who, device)).toBe(oracle.submitDevice(who, device));
          expect(rights.mayChangeDevice(who, device)).toBe(oracle.changeDevice(who, device));
        }
      }),
      runs,
    );
  });

  test("of jobs", () => {
    fc.assert(
      fc.property(people, rows, job, (who, given, one) => {
        const rights = new Rights(given);
        const oracle = new Oracle(given);
        expect(rights.mayViewJob(who, one)).toBe(oracle.viewJob(who, one));
        expect(rights.mayChangeJob(who, one)).toBe(oracle.changeJob(who, one));
        const cancels = oracle.changeJob(who, one) || who?.permissions.has("change_testjob") === true;
        expect(rights.mayCancelJob(who, one)).toBe(cancels);
        if (one.device) expect(rights.mayResubmitJob(who, one)).toBe(cancels || oracle.submitDevice(who, one.device));
      }),
      runs,
    );
  });

  test("the lists of what somebody sees say the same as the questions", () => {
    fc.assert(
      fc.property(people, rows, (who, given) => {
        const rights = new Rights(given);
        const { allDevices, hiddenTypes, hiddenDevices, shownDevices, hiddenWorkers } = rights.sight(who);
        for (const type of types) expect(hiddenTypes.includes(type)).toBe(!rights.mayView(who, "devicetype", type));
        expect(hiddenWorkers.includes("w0")).toBe(!rights.mayView(who, "worker", "w0"));
        for (const device of devices) {
          const { name, device_type } = device;
          const open = !hiddenDevices.includes(name) && !hiddenTypes.includes(device_type);
          expect(allDevices || shownDevices.includes(name) || open).toBe(rights.mayViewDevice(who, device));
        }
      }),
      runs,
    );
  });
});

test("somebody who is not logged in sees what nobody restricted, and does nothing", () => {
  const rights = new Rights([{ kind: "devicetype", object: "t1", codename: "view", group_id: 1 }]);
  const open: JobIdentity = {
    submitter: 1,
    is_public: true,
    viewingGroups: [],
    device: devices[0],
    requested_device_type: "t0",
  };
  expect(rights.mayView(undefined, "devicetype", "t0")).toBe(true);
  expect(rights.mayView(undefined, "devicetype", "t1")).toBe(false);
  expect(rights.mayViewJob(undefined, open)).toBe(true);
  expect([
    rights.mayChangeJob(undefined, open),
    rights.mayCancelJob(undefined, open),
    rights.mayResubmitJob(undefined, open),
  ]).toEqual([false, false, false]);
  expect(rights.maySubmitToDevice(undefined, devices[0] as DeviceIdentity)).toBe(false);
});

test("a guest of a MultiNode group is hidden where one of its group is", () => {
  const rights = new Rights([{ kind: "devicetype", object: "t1", codename: "view", group_id: 1 }]);
  const guest = { submitter: 1, is_public: true, viewingGroups: [], device: undefined, requested_device_type: null };
  const sibling = (requested_device_type: string) => ({ device: undefined, requested_device_type });
  expect(rights.mayViewJob(undefined, { ...guest, siblings: [sibling("t0")] })).toBe(true);
  expect(rights.mayViewJob(undefined, { ...guest, siblings: [sibling("t0"), sibling("t1")] })).toBe(false);
});
