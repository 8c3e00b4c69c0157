import type { JsonObject } from "@basalt/core";
import { DeviceConfigs, writeDocument } from "../devices/index.js";
import { readPeople } from "../people/read-rights.js";
import type { Person } from "../people/rights.js";
import type { JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { type SubmitOptions, submitJob } from "../submit/submit-job.js";
import { commandCatalog } from "./command-catalog.js";
import { testStore } from "./test-store.js";

/** A device's text that renders. */
export const dictionary = '{% extends "qemu.jinja2" %}\n';

/** A job that the lab of {@link openSubmitLab} takes. */
export const definition = (more: JsonObject = {}): JsonObject => ({
  job_name: "a test",
  device_type: "qemu",
  visibility: "public",
  timeouts: { job: { minutes: 5 }, action: { minutes: 1 }, connection: { minutes: 1 } },
  actions: [{ command: { name: "hello" } }],
  ...more,
});

/** What a lab has before anybody submits: types, tags, groups, people. */
async function fill(store: Store): Promise<readonly [Person, Person]> {
  await store.knex("workers").insert([
    { name: "w1", state: "Online" },
    { name: "w2", state: "Online" },
  ]);
  await store.knex("device_types").insert([{ name: "qemu" }, { name: "secret" }, { name: "empty" }]);
  await store.knex("aliases").insert({ name: "emulator", device_type: "qemu" });
  await store.knex("tags").insert([{ name: "usb" }, { name: "hdmi" }, { name: "lonely" }]);
  await store.knex("groups").insert([{ name: "team" }, { name: "inside" }]);
  const users = await store
    .knex("users")
    .insert([{ username: "ann" }, { username: "bob" }])
    .returning("id");
  const people = await readPeople(
    store.knex,
    users.map(({ id }) => id),
  );
  const [ann, bob] = [...people.values()] as [Person, Person];
  await store.knex("object_permissions").insert([
    { kind: "devicetype", object: "secret", codename: "view", group_id: 2 },
    { kind: "device", object: "closed", codename: "submit_to", group_id: 2 },
  ]);
  return [ann, bob];
}

/** A lab to submit to, on a database of its own: devices d1, d2, closed, old and s1, and two people. */
export async function openSubmitLab() {
  const store = await testStore();
  const options: SubmitOptions = { store, configs: new DeviceConfigs(store), catalog: commandCatalog(3) };
  const [ann, bob] = await fill(store);
  async function device(
    name: string,
    { tags = [], text = dictionary, ...row }: JsonObject & { tags?: string[]; text?: string | null } = {},
  ): Promise<void> {
    await store.knex("devices").insert({ name, device_type: "qemu", worker: "w1", health: "Good", ...row });
    for (const tag of tags)
      await store.knex.raw("insert into device_tags select ?, id from tags where name = ?", [name, tag]);
    if (text !== null)
      await store.transaction((trx) => writeDocument(trx, { kind: "device", name, text, author: "t" }));
  }
  await device("d1", { tags: ["usb"] });
  await device("d2", { tags: ["usb", "hdmi"], worker: "w2" });
  await device("closed", { tags: ["lonely"] });
  await device("old", { health: "Retired" });
  await device("s1", { device_type: "secret" });
  const submit = (more: JsonObject | string = {}, person: Person = ann) =>
    submitJob(options, { person, text: typeof more === "string" ? more : JSON.stringify(definition(more)) });
  const jobs = () => store.knex<JobRow>("jobs").orderBy("id").select();
  const only = async (): Promise<JobRow> => (await jobs())[0] as JobRow;
  const groupsOf = (job: number): Promise<string[]> =>
    store
      .knex("job_viewing_groups as v")
      .join("groups as g", "g.id", "v.group_id")
      .where("v.job_id", job)
      .orderBy("g.name")
      .pluck("g.name");
  return { store, ann, bob, device, submit, jobs, only, groupsOf };
}

export type SubmitLab = Awaited<ReturnType<typeof openSubmitLab>>;
