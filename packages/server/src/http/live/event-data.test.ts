import { afterAll, beforeAll, expect, test } from "vitest";
import { systemAdmin } from "../../people/system-admin.js";
import { jobText, type TestServices, testServices } from "../../testing/test-services.js";
import { type Event, lookUp } from "./event-data.js";

let lab: TestServices;
beforeAll(async () => {
  lab = await testServices();
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

test("what many events are about is looked up with a few queries, and what may not be seen is left out", async () => {
  const { services, store } = lab;
  const ann = await lab.person("ann", { groups: ["owners"] });
  const names = Array.from({ length: 40 }, (_, index) => `board-${index}`);
  for (const name of names) await lab.device(name);
  await services.people.grant(systemAdmin, { kind: "device", object: "board-7", group: "owners", codename: "view" });
  await services.devices.setHealth(systemAdmin, "board-8", "Retired");
  const { jobs } = await services.jobs.submit(ann, jobText());
  const [id] = jobs as [number];
  const events: Event[] = [
    ...names.map((name): Event => ({ topic: "device", notice: { name, state: "Idle", health: "Good" } })),
    { topic: "worker", notice: { name: "w1", state: "Online", health: "Active" } },
    { topic: "worker", notice: { name: "w9", state: "Online", health: "Active" } },
    { topic: "testjob", notice: { id, state: "Submitted", health: "Unknown", device: null, worker: null } },
  ];
  let queries = 0;
  const count = (): void => void queries++;
  store.knex.on("query", count);
  const [forAnn, forAll] = [await lookUp(services, ann, events), await lookUp(services, undefined, events)];
  store.knex.off("query", count);
  expect(queries).toBeLessThan(20);
  expect(events.filter((event) => !forAnn(event)).map(({ notice }) => notice)).toEqual([
    { name: "w9", state: "Online", health: "Active" },
  ]);
  expect(events.filter((event) => !forAll(event)).map(({ notice }) => "name" in notice && notice.name)).toEqual([
    "board-7",
    "w9",
  ]);
  expect(events.map((event) => forAll(event)).at(-1)).toMatchObject({ user: "ann", data: { job: id } });
});
