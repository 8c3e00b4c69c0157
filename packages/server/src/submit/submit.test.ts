import { defineAction, definePlugin, defineStrategy, isBasaltError, type JsonObject } from "@basalt/core";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { DeviceConfigs, writeDocument } from "../devices/index.js";
import { readPeople } from "../people/read-rights.js";
import type { Person } from "../people/rights.js";
import type { JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { testStore } from "../testing/test-store.js";
import { type SubmitOptions, submitJob } from "./submit-job.js";

const plugin = definePlugin({
  name: "@basalt/test-command",
  strategies: [
    defineStrategy({
      section: "command",
      method: "command",
      compatibility: 3,
      schema: { required: ["name"], properties: { name: { type: "string" } } },
      plan: () =>
        defineAction({ name: "cmd", summary: "nothing", reads: {}, needs: {}, writes: {}, run: async () => {} }),
    }),
  ],
});
const catalog: PluginCatalog = { manifests: [], load: async () => [plugin], loadAllForJobs: async () => [plugin] };
const dictionary = '{% extends "qemu.jinja2" %}\n';

let store: Store;
let options: SubmitOptions;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  store = await testStore();
  options = { store, configs: new DeviceConfigs(store), catalog };
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
  [ann, bob] = [...people.values()] as [Person, Person];
  await store.knex("object_permissions").insert([
    { kind: "devicetype", object: "secret", codename: "view", group_id: 2 },
    { kind: "device", object: "closed", codename: "submit_to", group_id: 2 },
  ]);
  await device("d1", { tags: ["usb"] });
  await device("d2", { tags: ["usb", "hdmi"], worker: "w2" });
  await device("closed", { tags: ["lonely"] });
  await device("old", { health: "Retired" });
  await device("s1", { device_type: "secret" });
});
afterAll(() => store.close());
beforeEach(() => store.knex("jobs").delete());

async function device(
  name: string,
  { tags = [], text = dictionary, ...row }: JsonObject & { tags?: string[]; text?: string | null } = {},
): Promise<void> {
  await store.knex("devices").insert({ name, device_type: "qemu", worker: "w1", health: "Good", ...row });
  for (const tag of tags)
    await store.knex.raw("insert into device_tags select ?, id from tags where name = ?", [name, tag]);
  if (text !== null) await store.transaction((trx) => writeDocument(trx, { kind: "device", name, text, author: "t" }));
}

const definition = (more: JsonObject = {}): JsonObject => ({
  job_name: "a test",
  device_type: "qemu",
  visibility: "public",
  timeouts: { job: { minutes: 5 }, action: { minutes: 1 }, connection: { minutes: 1 } },
  actions: [{ command: { name: "hello" } }],
  ...more,
});
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

describe("a job", () => {
  test("gets into the queue with what its definition says", async () => {
    const { jobs: ids, ids: names } = await submit({
      priority: "high",
      tags: ["usb"],
      device: "d2",
      worker: "w2",
      metadata: { build: 7, ok: true, nested: { at: [1, "x"] } },
      timeouts: { ...(definition().timeouts as JsonObject), queue: { minutes: 2 } },
    });
    expect(names).toEqual([String(ids[0])]);
    expect(await only()).toMatchObject({
      id: ids[0],
      state: "Submitted",
      health: "Unknown",
      submitter: ann.id,
      is_public: true,
      description: "a test",
      requested_device_type: "qemu",
      requested_device: "d2",
      requested_worker: "w2",
      tags: ["usb"],
      priority: 100,
      metadata: { build: "7", ok: "true", nested: { at: ["1", "x"] } },
      queue_timeout: 120,
      compatibility: 3,
      target_group: null,
      sub_id: null,
      health_check: false,
    });
  });

  test("keeps its text as it was handed in, comments and all", async () => {
    const text = `# mine\n${JSON.stringify(definition())}\n`;
    await submit(text);
    expect(await only()).toMatchObject({ definition: text, original_definition: text });
  });

  test("for an alias waits for the type's devices", async () => {
    await submit({ device_type: "emulator" });
    expect((await only()).requested_device_type).toBe("qemu");
  });

  test("waits for a device that is busy, offline, bad or in maintenance", async () => {
    await store
      .knex("devices")
      .where({ device_type: "qemu" })
      .whereNot({ health: "Retired" })
      .update({ health: "Bad" });
    await submit();
    await store.knex("devices").where({ health: "Bad" }).update({ health: "Good" });
    expect(await jobs()).toHaveLength(1);
  });

  test.each<[string, JsonObject | number | string, number]>([
    ["low", "low", 0],
    ["medium", "medium", 50],
    ["a number", 73, 73],
  ])("priority %s", async (_what, priority, expected) => {
    await submit({ priority: priority as never });
    expect((await only()).priority).toBe(expected);
  });

  test.each<[string, JsonObject, string, RegExp]>([
    ["a type that is not there", { device_type: "none" }, "ERR_DEVICE_TYPE_UNKNOWN", /none/],
    [
      "a type that may not be seen, in the same words",
      { device_type: "secret" },
      "ERR_DEVICE_TYPE_UNKNOWN",
      /there is no device type 'secret' here/,
    ],
    ["a type without devices", { device_type: "empty" }, "ERR_NO_DEVICE", /empty/],
    ["a device that is not there", { device: "none" }, "ERR_NO_DEVICE", /'none'.*d1, d2/],
    ["a device of another type", { device: "s1" }, "ERR_NO_DEVICE", /s1/],
    ["a retired device", { device: "old" }, "ERR_NO_DEVICE", /old/],
    ["a worker without such a device", { worker: "w3" }, "ERR_NO_DEVICE", /worker 'w3'/],
    ["a device on another worker", { device: "d1", worker: "w2" }, "ERR_NO_DEVICE", /worker 'w2'/],
    ["a device that is not for this person", { device: "closed" }, "ERR_NO_DEVICE", /'ann' may not submit/],
    ["a tag that is not there", { tags: ["none"] }, "ERR_TAG_UNKNOWN", /none/],
    ["tags that no device has together", { tags: ["usb", "lonely"] }, "ERR_NO_DEVICE", /all of usb, lonely/],
    ["a tag that the named device does not have", { device: "d1", tags: ["hdmi"] }, "ERR_NO_DEVICE", /hdmi/],
    ["a group that is not there", { visibility: { group: ["none"] } }, "ERR_GROUP_UNKNOWN", /none/],
  ])("for %s is refused, and nothing is written", async (_what, more, code, message) => {
    const error = await submit(more).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, kind: "job", message: expect.stringMatching(message) });
    expect(await jobs()).toEqual([]);
  });

  test.each<[string, (text: string) => string, RegExp]>([
    ["a misspelt key", (text) => text.replace("job_name:", "jobname:"), /job:1:1.*|jobname/],
    ["a priority that is none", (text) => `${text}priority: urgent\n`, /job:\d+:\d+/],
    ["a visibility that is none", (text) => text.replace("public", "secret"), /job:\d+:\d+/],
    ["no visibility", (text) => text.replace(/visibility.*\n/, ""), /visibility/],
    ["a bad block", (text) => text.replace("name: hello", "name: [1]"), /job:\d+:\d+/],
    ["no device type", (text) => text.replace(/device_type.*\n/, ""), /device_type/],
    ["broken YAML", (text) => `${text}  - [\n`, /job:\d+:\d+/],
  ])("with %s is refused in the words of the check, with line and column", async (_what, change, message) => {
    const text =
      "job_name: a\ndevice_type: qemu\nvisibility: public\ntimeouts:\n  job: {minutes: 5}\nactions:\n- command:\n    name: hello\n";
    expect((await submit(text)).jobs).toHaveLength(1);
    await store.knex("jobs").delete();
    const error = await submit(change(text)).catch((thrown: unknown) => thrown);
    expect(isBasaltError(error) && error.kind).toBe("job");
    expect((error as Error).message).toMatch(message);
    expect(await jobs()).toEqual([]);
  });

  test("is checked even where no device's texts are right; its number is worked out later", async () => {
    await store.knex("device_types").insert({ name: "broken" });
    await device("b1", { device_type: "broken", text: '{% extends "nothing.jinja2" %}' });
    await submit({ device_type: "broken" });
    expect((await only()).compatibility).toBeNull();
    await expect(submit({ device_type: "broken", actions: [{ command: {} }] })).rejects.toMatchObject({ kind: "job" });
    expect(await jobs()).toHaveLength(1);
  });

  test("whose context breaks every device is refused: that is its own fault", async () => {
    await store.knex("device_types").insert({ name: "touchy" });
    const text = `${dictionary}{% set extra = model + 1 %}`;
    await device("t1", { device_type: "touchy", text: `{% set model = model | default(1) %}${text}` });
    await submit({ device_type: "touchy" });
    await expect(submit({ device_type: "touchy", context: { model: "x" } })).rejects.toMatchObject({
      code: "ERR_JOB_CONTEXT",
      message: expect.stringContaining("t1"),
    });
  });
});

describe("who sees it", () => {
  test("public, a group's, or its submitter's alone", async () => {
    const group = await submit({ visibility: { group: ["team", "none"] } });
    expect(await groupsOf(group.jobs[0] as number)).toEqual(["team"]);
    expect((await only()).is_public).toBe(false);
    const own = await submit({ visibility: "personal" });
    expect(await groupsOf(own.jobs[0] as number)).toEqual(["ann"]);
    const members = await store
      .knex("user_groups as u")
      .join("groups as g", "g.id", "u.group_id")
      .where("g.name", "ann")
      .pluck("u.user_id");
    expect(members).toEqual([ann.id]);
  });

  test("many personal jobs at once, the first ones of a person", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => submit({ visibility: "personal" }, bob)));
    for (const { jobs: ids } of all) expect(await groupsOf(ids[0] as number)).toEqual(["bob"]);
  });

  test("a personal job takes nobody into a group of others that has their name", async () => {
    const [{ id }] = await store.knex("users").insert({ username: "inside" }).returning("id");
    const inside = (await readPeople(store.knex, [id])).get(id) as Person;
    await submit({ visibility: "personal" }, inside);
    expect((await readPeople(store.knex, [id])).get(id)?.groups.size).toBe(0);
  });
});

describe("a MultiNode job", () => {
  const roles = {
    server: { device_type: "qemu", count: 1, device: "d2", tags: ["usb"], essential: true, environment: { A: "1" } },
    client: { device_type: "emulator", count: 2, context: { memory: 64 }, timeout: { minutes: 3 } },
    guest: { connection: "ssh", count: 1, host_role: "server", expect_role: "server", request: "lava_start" },
  };
  const group = (more: JsonObject = {}, changed: JsonObject = {}): JsonObject => {
    const { device_type: _type, ...rest } = definition();
    return {
      ...rest,
      priority: "low",
      metadata: { of: "all" },
      secrets: { key: "s" },
      protocols: { "lava-multinode": { roles: { ...roles, ...changed }, timeout: { minutes: 9 } } },
      actions: [
        { command: { name: "all", role: ["server", "client", "guest"] } },
        { command: { name: "server", role: ["server"] } },
      ],
      ...more,
    };
  };
  const send = (job: JsonObject) => submitJob(options, { person: ann, text: JSON.stringify(job) });

  test("becomes one job for each member, split as the reference says", async () => {
    const { jobs: ids, ids: names } = await send(group());
    const rows = await jobs();
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(names).toEqual([0, 1, 2, 3].map((index) => `${ids[0]}.${index}`));
    expect(rows.map(({ sub_id }) => sub_id)).toEqual(names);
    expect(new Set(rows.map(({ target_group }) => target_group)).size).toBe(1);
    const shared = { job_name: "a test", timeouts: definition().timeouts, priority: "low", visibility: "public" };
    const more = { metadata: { of: "all" }, secrets: { key: "s" } };
    const protocol = { timeout: { minutes: 9 }, target_group: rows[0]?.target_group, group_size: 4, roles: {} };
    const all = (role: string) => ({ command: { name: "all", role } });
    expect(rows.map(({ definition: text }) => parse(text))).toEqual([
      {
        ...shared,
        ...more,
        device_type: "qemu",
        environment: { A: "1" },
        protocols: {
          "lava-multinode": {
            ...protocol,
            device: "d2",
            tags: ["usb"],
            essential: true,
            environment: { A: "1" },
            role: "server",
            sub_id: 0,
          },
        },
        actions: [all("server"), { command: { name: "server", role: "server" } }],
      },
      ...[1, 2].map((sub_id) => ({
        ...shared,
        ...more,
        device_type: "emulator",
        context: { memory: 64 },
        protocols: { "lava-multinode": { ...protocol, timeout: { minutes: 3 }, role: "client", sub_id } },
        actions: [all("client")],
      })),
      {
        ...shared,
        ...more,
        connection: "ssh",
        host_role: "server",
        protocols: {
          "lava-multinode": {
            ...protocol,
            expect_role: "server",
            request: "lava_start",
            role: "guest",
            sub_id: 3,
          },
        },
        actions: [all("guest")],
      },
    ]);
    expect(
      rows.map(({ role, essential, host_role, requested_device_type, requested_device, tags, priority }) => ({
        role,
        essential,
        host_role,
        requested_device_type,
        requested_device,
        tags,
        priority,
      })),
    ).toEqual([
      {
        role: "server",
        essential: true,
        host_role: null,
        requested_device_type: "qemu",
        requested_device: "d2",
        tags: ["usb"],
        priority: 0,
      },
      {
        role: "client",
        essential: false,
        host_role: null,
        requested_device_type: "qemu",
        requested_device: null,
        tags: [],
        priority: 0,
      },
      {
        role: "client",
        essential: false,
        host_role: null,
        requested_device_type: "qemu",
        requested_device: null,
        tags: [],
        priority: 0,
      },
      {
        role: "guest",
        essential: false,
        host_role: "server",
        requested_device_type: null,
        requested_device: null,
        tags: [],
        priority: 0,
      },
    ]);
    expect(rows.map(({ compatibility }) => compatibility)).toEqual([3, 3, 3, null]);
    expect(
      rows.every(({ multinode_definition, original_definition }) => multinode_definition === original_definition),
    ).toBe(true);
  });

  test.each<[string, JsonObject, RegExp]>([
    ["a member whose type is not there", { client: { device_type: "none", count: 2 } }, /none/],
    ["a member whose tag no device has", { client: { device_type: "qemu", count: 1, tags: ["nope"] } }, /nope/],
    [
      "a member whose device is not for this person",
      { client: { device_type: "qemu", count: 1, device: "closed" } },
      /may not submit/,
    ],
    ["a host of two devices", { server: { device_type: "qemu", count: 2 } }, /server/],
    ["a host that is no role", { guest: { ...roles.guest, host_role: "none" } }, /none/],
    ["more members than any lab has devices", { client: { device_type: "qemu", count: 5_000 } }, /5002/],
  ])("with %s is refused as a whole", async (_what, changed, message) => {
    await expect(send(group({}, changed))).rejects.toMatchObject({
      kind: "job",
      message: expect.stringMatching(message),
    });
    expect(await jobs()).toEqual([]);
  });

  test("without any member is refused", async () => {
    const protocols = { "lava-multinode": { roles: { client: { device_type: "qemu", count: 0 } } } };
    await expect(
      send(group({ protocols, actions: [{ command: { name: "x", role: ["client"] } }] })),
    ).rejects.toMatchObject({
      code: "ERR_JOB_MULTINODE",
    });
  });

  test("whose group is named by the submitter is refused: it could speak to another's", async () => {
    const [first] = (await send(group())).jobs;
    const row = await store
      .knex<JobRow>("jobs")
      .where({ id: first as number })
      .first();
    await expect(submit(row?.definition ?? "")).rejects.toMatchObject({ code: "ERR_JOB_MULTINODE" });
  });

  test("that the database refuses half way leaves nothing", async () => {
    await store.knex.raw("alter table jobs add constraint no_guest check (role is distinct from 'guest')");
    await expect(send(group())).rejects.toThrow(/no_guest/);
    await store.knex.raw("alter table jobs drop constraint no_guest");
    expect(await jobs()).toEqual([]);
  });
});
