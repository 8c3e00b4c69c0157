import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readPeople, readRights } from "../people/read-rights.js";
import { Rights } from "../people/rights.js";
import type { Store } from "../store/store.js";
import { testStore } from "../testing/test-store.js";
import { type JobRecord, jobIdentity, jobSelect } from "./jobs/job-view.js";
import { values } from "./sql.js";
import { jobsVisible } from "./visible.js";

let store: Store;
let users: number[];
let groups: number[];
const group = "11111111-1111-4111-8111-111111111111";
beforeAll(async () => {
  store = await testStore();
  await store.knex("device_types").insert([{ name: "t0" }, { name: "t1" }]);
  await store
    .knex("devices")
    .insert(["t0", "t0", "t1"].map((device_type, index) => ({ name: `d${index}`, device_type })));
  groups = (
    await store
      .knex("groups")
      .insert([{ name: "g0" }, { name: "g1" }])
      .returning("id")
  ).map(({ id }) => id);
  const rows = await store
    .knex("users")
    .insert([{ username: "ann" }, { username: "bob" }])
    .returning("id");
  users = rows.map(({ id }) => id);
  // every kind of place, alone and in a group, seen by all, by one, by groups
  for (const submitter of users)
    for (const is_public of [true, false])
      for (const target_group of [null, group])
        for (const [actual_device, requested_device_type] of [
          ["d0", "t0"],
          ["d2", "t1"],
          [null, "t0"],
          [null, "t1"],
          [null, null],
        ] as const) {
          const job = { submitter, is_public, target_group, actual_device, requested_device_type, state: "Finished" };
          const [{ id }] = await store
            .knex("jobs")
            .insert({ ...job, description: "", definition: "", original_definition: "" })
            .returning("id");
          if (!is_public && requested_device_type !== null)
            await store
              .knex("job_viewing_groups")
              .insert(groups.slice(0, 1 + (id % 2)).map((group_id) => ({ job_id: id, group_id })));
        }
});
afterAll(() => store.close());

const rowsOf = fc.uniqueArray(
  fc.record({
    kind: fc.constantFrom("device", "devicetype"),
    object: fc.constantFrom("d0", "d1", "d2", "t0", "t1"),
    codename: fc.constantFrom("view", "submit_to", "change"),
    group: fc.nat({ max: 1 }),
  }),
  { maxLength: 4, selector: (row) => JSON.stringify(row) },
);

test("a list of jobs has those that may be seen one by one, and no others", async () => {
  const { rows: jobs } = (await store.knex.raw(`select ${jobSelect} from jobs order by jobs.id`)) as {
    rows: JobRecord[];
  };
  await fc.assert(
    fc.asyncProperty(rowsOf, fc.uniqueArray(fc.nat({ max: 1 })), async (given, memberOf) => {
      await store.knex("object_permissions").delete();
      await store.knex("user_groups").delete();
      for (const { group: index, ...row } of given)
        await store.knex("object_permissions").insert({ ...row, group_id: groups[index] });
      for (const index of memberOf)
        await store.knex("user_groups").insert({ user_id: users[0], group_id: groups[index] });
      const rights = await readRights(store.knex);
      expect(rights).toBeInstanceOf(Rights);
      const people = await readPeople(store.knex, users);
      for (const asker of [undefined, ...people.values()]) {
        const where = jobsVisible(rights, asker);
        const seen = (
          await store.knex.raw(`select jobs.id from jobs where ${where.text} order by jobs.id`, values(where))
        ).rows;
        expect(seen.map(({ id }: { id: number }) => id)).toEqual(
          jobs.filter((job) => rights.mayViewJob(asker, jobIdentity(job))).map(({ id }) => id),
        );
      }
    }),
    { numRuns: process.env.BASALT_SOAK ? 2_000 : 40, endOnFailure: true },
  );
});
