import { isBasaltError, type JsonObject } from "@basalt/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readPeople } from "../people/read-rights.js";
import type { Person } from "../people/rights.js";
import { definition, dictionary, openSubmitLab, type SubmitLab } from "../testing/submit-lab.js";

let lab: SubmitLab;
beforeAll(async () => {
  lab = await openSubmitLab();
});
afterAll(() => lab.store.close());
beforeEach(() => lab.store.knex("jobs").delete());

describe("a job", () => {
  test("gets into the queue with what its definition says", async () => {
    const { jobs: ids, ids: names } = await lab.submit({
      priority: "high",
      tags: ["usb"],
      device: "d2",
      worker: "w2",
      metadata: { build: 7, ok: true, nested: { at: [1, "x"] } },
      timeouts: { ...(definition().timeouts as JsonObject), queue: { minutes: 2 } },
    });
    expect(names).toEqual([String(ids[0])]);
    expect(await lab.only()).toMatchObject({
      id: ids[0],
      state: "Submitted",
      health: "Unknown",
      submitter: lab.ann.id,
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
    await lab.submit(text);
    expect(await lab.only()).toMatchObject({ definition: text, original_definition: text });
  });

  test("for an alias waits for the type's devices", async () => {
    await lab.submit({ device_type: "emulator" });
    expect((await lab.only()).requested_device_type).toBe("qemu");
  });

  test("waits for a device that is busy, offline, bad or in maintenance", async () => {
    await lab.store
      .knex("devices")
      .where({ device_type: "qemu" })
      .whereNot({ health: "Retired" })
      .update({ health: "Bad" });
    await lab.submit();
    await lab.store.knex("devices").where({ health: "Bad" }).update({ health: "Good" });
    expect(await lab.jobs()).toHaveLength(1);
  });

  test.each<[string, JsonObject | number | string, number]>([
    ["low", "low", 0],
    ["medium", "medium", 50],
    ["a number", 73, 73],
  ])("priority %s", async (_what, priority, expected) => {
    await lab.submit({ priority: priority as never });
    expect((await lab.only()).priority).toBe(expected);
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
    const error = await lab.submit(more).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, kind: "job", message: expect.stringMatching(message) });
    expect(await lab.jobs()).toEqual([]);
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
    expect((await lab.submit(text)).jobs).toHaveLength(1);
    await lab.store.knex("jobs").delete();
    const error = await lab.submit(change(text)).catch((thrown: unknown) => thrown);
    expect(isBasaltError(error) && error.kind).toBe("job");
    expect((error as Error).message).toMatch(message);
    expect(await lab.jobs()).toEqual([]);
  });

  test("is checked even where no device's texts are right; its number is worked out later", async () => {
    await lab.store.knex("device_types").insert({ name: "broken" });
    await lab.device("b1", { device_type: "broken", text: '{% extends "nothing.jinja2" %}' });
    await lab.submit({ device_type: "broken" });
    expect((await lab.only()).compatibility).toBeNull();
    await expect(lab.submit({ device_type: "broken", actions: [{ command: {} }] })).rejects.toMatchObject({
      kind: "job",
    });
    expect(await lab.jobs()).toHaveLength(1);
  });

  test("whose context breaks every device is refused: that is its own fault", async () => {
    await lab.store.knex("device_types").insert({ name: "touchy" });
    const text = `${dictionary}{% set extra = model + 1 %}`;
    await lab.device("t1", { device_type: "touchy", text: `{% set model = model | default(1) %}${text}` });
    await lab.submit({ device_type: "touchy" });
    await expect(lab.submit({ device_type: "touchy", context: { model: "x" } })).rejects.toMatchObject({
      code: "ERR_JOB_CONTEXT",
      message: expect.stringContaining("t1"),
    });
  });
});

describe("who sees it", () => {
  test("public, a group's, or its submitter's alone", async () => {
    const group = await lab.submit({ visibility: { group: ["team", "none"] } });
    expect(await lab.groupsOf(group.jobs[0] as number)).toEqual(["team"]);
    expect((await lab.only()).is_public).toBe(false);
    const own = await lab.submit({ visibility: "personal" });
    expect(await lab.groupsOf(own.jobs[0] as number)).toEqual(["ann"]);
    const members = await lab.store
      .knex("user_groups as u")
      .join("groups as g", "g.id", "u.group_id")
      .where("g.name", "ann")
      .pluck("u.user_id");
    expect(members).toEqual([lab.ann.id]);
  });

  test("many personal jobs at once, the first ones of a person", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => lab.submit({ visibility: "personal" }, lab.bob)));
    for (const { jobs: ids } of all) expect(await lab.groupsOf(ids[0] as number)).toEqual(["bob"]);
  });

  test("a personal job takes nobody into a group of others that has their name", async () => {
    const [{ id }] = await lab.store.knex("users").insert({ username: "inside" }).returning("id");
    const inside = (await readPeople(lab.store.knex, [id])).get(id) as Person;
    await lab.submit({ visibility: "personal" }, inside);
    expect((await readPeople(lab.store.knex, [id])).get(id)?.groups.size).toBe(0);
  });
});
