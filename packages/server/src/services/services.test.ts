import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeDocument } from "../devices/index.js";
import type { Person } from "../people/rights.js";
import { systemAdmin } from "../people/system-admin.js";
import { jobText, type TestServices, testServices } from "../testing/test-services.js";
import { splitFilter } from "./filters.js";
import type { Asker, Services } from "./types.js";

let lab: TestServices;
let services: Services;
let ann: Person;
let bob: Person;
let eve: Person;
let root: Person;
beforeAll(async () => {
  lab = await testServices();
  services = lab.services;
  ann = await lab.person("ann", { groups: ["kernel"] });
  bob = await lab.person("bob", { groups: ["kernel", "board-owners"] });
  eve = await lab.person("eve");
  root = await lab.person("root", { superuser: true });
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

const refused = (status: number, words: RegExp) => ({
  details: expect.objectContaining({ status }),
  message: expect.stringMatching(words),
});
const ids = async (asker: Asker, filters: Readonly<Record<string, string>> = {}): Promise<number[]> =>
  (
    await services.jobs.list(asker, {
      filters: Object.entries(filters).map(([key, value]) => splitFilter(key, value)),
      limit: 1000,
      ordering: "id",
    })
  ).items.map(({ id }) => id);
const submit = async (asker: Asker, more: Parameters<typeof jobText>[0] = {}): Promise<number> =>
  (await services.jobs.submit(asker, jobText(more))).jobs[0] as number;

describe("jobs", () => {
  test("who sees which job: by one, and in lists, the same", async () => {
    const open = await submit(ann);
    const personal = await submit(ann, { visibility: "personal" });
    const grouped = await submit(ann, { visibility: { group: ["kernel"] } });
    const both = await submit(bob, { visibility: { group: ["kernel", "board-owners"] } });
    const sees = async (asker: Asker): Promise<number[]> => {
      const seen: number[] = [];
      for (const id of [open, personal, grouped, both])
        await services.jobs.get(asker, id).then(
          () => seen.push(id),
          (error) => expect(error).toMatchObject(refused(404, new RegExp(`no job '${id}'`))),
        );
      const listed = await ids(asker, { id__in: [open, personal, grouped, both].join(",") });
      expect(listed).toEqual(seen);
      return seen;
    };
    expect(await sees(undefined)).toEqual([open]);
    expect(await sees(eve)).toEqual([open]);
    expect(await sees(ann)).toEqual([open, personal, grouped]);
    expect(await sees(bob)).toEqual([open, grouped, both]);
    expect(await sees(root)).toEqual([open, personal, grouped, both]);
    expect((await services.jobs.get(ann, personal)).visibility).toBe("Personal");
    expect((await services.jobs.get(bob, both)).visibility).toBe("Group (board-owners, kernel)");
  });

  test("jobs of devices and types that somebody may not see are hidden from lists, too", async () => {
    await lab.device("hidden1");
    await services.people.addGroup(root, "lab-only");
    const on = await submit(root, { device: "hidden1" });
    await lab.store.knex("jobs").where({ id: on }).update({ actual_device: "hidden1" });
    expect(await ids(eve, { id: String(on) })).toEqual([on]);
    await services.people.grant(root, { kind: "device", object: "hidden1", group: "lab-only", codename: "view" });
    expect(await ids(eve, { id: String(on) })).toEqual([]);
    await expect(services.jobs.get(eve, on)).rejects.toMatchObject(refused(404, /no job/));
    expect((await services.devices.list(eve, {})).items.map(({ name }) => name)).not.toContain("hidden1");
    expect((await services.workers.get(eve, "w1")).devices).not.toContain("hidden1");
    await services.people.updateGroup(root, "lab-only", { users: ["eve"] });
    const inside = { ...eve, groups: new Set([...eve.groups, await groupId("lab-only")]) };
    expect(await ids(inside, { id: String(on) })).toEqual([on]);
    expect(await services.devices.get(inside, "hidden1")).toMatchObject({ current_job: on, worker: "w1" });
    await lab.life.finished(on, { result: "pass" });
  });

  test("filters by LAVA's names; unknown ones are refused with those that there are", async () => {
    const id = await submit(ann, {
      job_name: "Filter ME",
      priority: 70,
      metadata: { build: { branch: "main", no: 5 } },
    });
    const finds = async (filters: Record<string, string>): Promise<boolean> => (await ids(ann, filters)).includes(id);
    for (const [key, value] of [
      ["submitter__username", "ann"],
      ["submitter", "ann"],
      ["state", "submitted"],
      ["state__in", "Running,Submitted"],
      ["priority__gte", "70"],
      ["description__icontains", "filter"],
      ["description__startswith", "Filter"],
      ["description__regex", "^F.*E$"],
      ["requested_device_type__name", "qemu"],
      ["actual_device__isnull", "true"],
      ["submit_time__gt", "2020-01-01"],
      ["metadata__build__branch", "main"],
      ["metadata__build__no__in", "4,5"],
      ["metadata__has_key", "build"],
      ["metadata__has_keys", "build"],
      ["metadata__contains", '{"build": {"branch": "main"}}'],
    ] as const)
      expect([key, await finds({ [key]: value })]).toEqual([key, true]);
    for (const [key, value] of [
      ["submitter__username", "bob"],
      ["state", "Running"],
      ["priority__lt", "70"],
      ["description__contains", "filter"],
      ["metadata__build__branch", "next"],
      ["tags__name", "big"],
      ["viewing_groups__name", "kernel"],
      ["actual_device__worker_host__hostname", "w1"],
    ] as const)
      expect([key, await finds({ [key]: value })]).toEqual([key, false]);
    await expect(ids(ann, { stat: "x" })).rejects.toMatchObject(refused(400, /no field.*'stat'; did you mean 'state'/));
    await expect(ids(ann, { priority__contains: "x" })).rejects.toMatchObject(
      refused(400, /no lookup.*there are exact/),
    );
    await expect(ids(ann, { state: "Asleep" })).rejects.toMatchObject(refused(400, /'Asleep'.*Submitted, Scheduling/));
    await expect(ids(ann, { id: "1.5" })).rejects.toMatchObject(refused(400, /whole number/));
    await expect(ids(ann, { description__regex: "(" })).rejects.toMatchObject(refused(400, /regular expression/));
    await expect(services.jobs.list(ann, { ordering: "-definition" })).rejects.toMatchObject(refused(400, /order by/));
    await expect(services.jobs.list(ann, { limit: 5000 })).rejects.toMatchObject(refused(400, /1 to 1000/));
  });

  test("secrets are shown to those who may change the job", async () => {
    const text = `# keep me\n${jobText()}`.replace("{", '{"secrets": {"PASS": "hunter2"}, ');
    const [id] = (await services.jobs.submit(ann, text)).jobs as [number];
    expect((await services.jobs.get(ann, id)).definition).toContain("hunter2");
    const seen = await services.jobs.get(eve, id);
    expect(seen.definition).toContain("# keep me");
    expect(JSON.stringify(seen)).not.toContain("hunter2");
    const listed = await services.jobs.list(undefined, { filters: [splitFilter("id", String(id))] });
    expect(JSON.stringify(listed)).not.toContain("hunter2");
    expect(await ids(eve, { id: String(id), definition__contains: "hunter" })).toEqual([]);
    await expect(services.jobs.resubmit(eve, id)).rejects.toMatchObject(refused(403, /secrets/));
  });

  test("a text that was right is checked again when the device's texts change, and for whom it is", async () => {
    await lab.device("d9");
    await services.deviceTypes.add(root, "nine", {});
    await services.devices.update(root, "d9", { device_type: "nine" });
    const more = { device_type: "nine", context: { arch: "arm64" } };
    const first = await services.jobs.get(root, await submit(ann, more));
    const again = await services.jobs.get(root, await submit(bob, more));
    expect([again.submitter, again.compatibility]).toEqual(["bob", first.compatibility]);
    await expect(services.devices.setDictionary(root, "d9", "a: 1\n{% set x = arch / %}")).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringMatching(/^device\/d9:2: /),
    });
    await services.deviceTypes.setTemplate(root, "mine", "a: 1\n");
    await services.devices.setDictionary(root, "d9", '{% extends "mine.jinja2" %}');
    await expect(services.deviceTypes.setTemplate(root, "mine", "")).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringMatching(/device\/d9.*mine\.jinja2/),
    });
    const text = "{% set x = arch / %}";
    await lab.store.transaction((trx) => writeDocument(trx, { kind: "device", name: "d9", text, author: "t" }));
    // nobody can say what its devices would do with it: it is queued, unchecked
    expect((await services.jobs.get(root, await submit(ann, more))).compatibility).toBeNull();
    await services.devices.setHealth(root, "d9", "Retired");
    await expect(submit(ann, more)).rejects.toMatchObject(refused(400, /not retired/));
  });

  test("cancel, fail, priority and comments are for those who may", async () => {
    const id = await submit(ann);
    await expect(services.jobs.cancel(undefined, id)).rejects.toMatchObject(refused(401, /log in/));
    await expect(services.jobs.cancel(eve, id)).rejects.toMatchObject(refused(403, /'eve' may not/));
    await services.jobs.setPriority(ann, id, 99);
    expect((await services.jobs.get(ann, id)).priority).toBe(99);
    await expect(services.jobs.setPriority(ann, id, 101)).rejects.toMatchObject(refused(400, /0 to 100/));
    await expect(services.jobs.annotate(ann, id, { comment: "no" })).rejects.toMatchObject(refused(409, /Submitted/));
    await expect(services.jobs.fail(ann, id, "x")).rejects.toMatchObject(refused(403, /'ann' may not/));
    await expect(services.jobs.fail(root, id, "x")).rejects.toMatchObject(refused(409, /cancel it first/));
    expect(await services.jobs.cancel(ann, id, "enough")).toBe(true);
    expect(await services.jobs.cancel(ann, id)).toBe(false);
    await services.jobs.annotate(ann, id, { comment: "power cut", tags: ["infra"] });
    expect(await services.jobs.get(eve, id)).toMatchObject({
      state: "Finished",
      health: "Canceled",
      failure_comment: "power cut",
      failure_tags: ["infra"],
    });
    expect((await services.jobs.history(ann, id)).map(({ message }) => message)).toContain("Cancel requested: enough");
    const again = await services.jobs.resubmit(eve, id);
    expect(await services.jobs.get(eve, again.jobs[0] as number)).toMatchObject({ resubmit_of: id, submitter: "eve" });
  });

  test("a plan, before the worker has described it; and what is wrong with a job", async () => {
    const id = await submit(ann);
    expect((await services.jobs.plan(eve, id)).map(({ name }) => name)).toEqual(["user-command", "finalize"]);
    expect(await services.jobs.configuration(eve, id)).toBeUndefined();
    expect(await services.jobs.validate(undefined, jobText(), { strict: true })).toEqual({ ok: true, warnings: [] });
    expect(await services.jobs.validate(undefined, "job_name: x", { strict: false })).toMatchObject({ ok: false });
    expect(await services.jobs.validate(ann, jobText({ device_type: "other" }), { strict: false })).toMatchObject({
      ok: true,
      warnings: [expect.stringMatching(/here it would be refused.*'other'/)],
    });
    await expect(services.jobs.submit(undefined, jobText())).rejects.toMatchObject(refused(401, /log in/));
    await expect(services.jobs.submit(ann, jobText({ device_type: "other" }))).rejects.toMatchObject(
      refused(400, /other/),
    );
  });
});

describe("devices, types, workers", () => {
  test("only those who may change them; what they name must be there", async () => {
    await expect(services.devices.setHealth(ann, "d1", "Bad")).rejects.toMatchObject(refused(403, /'ann' may not/));
    await expect(services.devices.add(ann, "d2", { device_type: "qemu" })).rejects.toMatchObject(
      refused(403, /may not/),
    );
    await services.tags.add(root, "big", "much memory");
    await services.devices.add(root, "d2", { device_type: "qemu", tags: ["big"], physical_owner: "ann" });
    await expect(services.devices.add(root, "d2", { device_type: "qemu" })).rejects.toMatchObject(
      refused(409, /already/),
    );
    await expect(services.devices.add(root, "a/b", { device_type: "qemu" })).rejects.toMatchObject(
      refused(400, /'a\/b' can't be the name of a device/),
    );
    await expect(services.devices.update(root, "d2", { worker: "w9" })).rejects.toMatchObject(
      refused(400, /no worker 'w9'/),
    );
    await expect(services.devices.update(root, "d2", { tags: ["small"] })).rejects.toMatchObject(refused(400, /small/));
    await services.people.grant(root, { kind: "device", object: "d2", group: "board-owners", codename: "change" });
    await services.devices.update(bob, "d2", { description: "new", physical_owner: null });
    await services.devices.setHealth(bob, "d2", "Looping", "watch it");
    expect(await services.devices.get(undefined, "d2")).toMatchObject({
      description: "new",
      health: "Looping",
      tags: ["big"],
      physical_owner: null,
      has_dictionary: false,
    });
    expect((await services.devices.history(undefined, "d2"))[0]?.message).toBe("Unknown → Looping (watch it)");
    await services.devices.setDictionary(bob, "d2", '{% extends "qemu.jinja2" %}\n{% set memory = 123 %}\n', "more");
    expect(await services.devices.dictionary(undefined, "d2")).toContain("123");
    expect(await services.devices.rendered(undefined, "d2", { arch: "arm64" })).toContain("123");
    await services.devices.setHealth(root, "d2", "Retired");
    expect((await services.devices.list(undefined, {})).items.map(({ name }) => name)).not.toContain("d2");
    expect((await services.devices.list(undefined, { all: true })).items.map(({ name }) => name)).toContain("d2");
    await services.devices.remove(root, "d2");
    await expect(services.devices.get(root, "d2")).rejects.toMatchObject(refused(404, /no device 'd2'/));
  });

  test("retiring a device ends its job", async () => {
    await lab.device("d3");
    const id = await submit(ann, { device: "d3" });
    await lab.store.knex("jobs").where({ id }).update({ actual_device: "d3", state: "Running" });
    await lab.store.knex("devices").where({ name: "d3" }).update({ state: "Running" });
    await services.devices.setHealth(root, "d3", "Retired", "broken");
    expect((await services.jobs.get(ann, id)).state).toBe("Canceling");
    await expect(services.devices.remove(root, "d3")).rejects.toMatchObject(refused(409, /Running/));
    expect(await services.jobs.fail(root, id, "nobody ends it")).toBe(true);
  });

  test("types: aliases, templates, health checks", async () => {
    await services.deviceTypes.add(root, "bbb", { aliases: ["beaglebone"], cores: ["a8"], core_count: 1 });
    expect(await services.deviceTypes.get(eve, "bbb")).toMatchObject({
      aliases: ["beaglebone"],
      cores: ["a8"],
      devices: { idle: 0, busy: 0, offline: 0 },
    });
    await expect(services.deviceTypes.add(root, "beaglebone", {})).rejects.toMatchObject(refused(409, /alias/));
    await expect(services.deviceTypes.update(root, "qemu", { aliases: ["bbb"] })).rejects.toMatchObject(
      refused(409, /type/),
    );
    expect(await services.deviceTypes.aliases(eve)).toEqual([{ name: "beaglebone", device_type: "bbb" }]);
    expect(await services.deviceTypes.template(eve, "qemu")).toContain("extends");
    await services.deviceTypes.setTemplate(root, "qemu", "{# ours #}");
    expect(await services.deviceTypes.template(eve, "qemu")).toBe("{# ours #}");
    await services.deviceTypes.setTemplate(root, "qemu", null);
    await expect(services.deviceTypes.setHealthCheck(eve, "qemu", "x")).rejects.toMatchObject(refused(403, /may not/));
    expect(await services.deviceTypes.healthCheck(eve, "qemu")).toBeUndefined();
    await expect(services.deviceTypes.remove(root, "qemu")).rejects.toMatchObject(refused(409, /has devices/));
    await services.deviceTypes.remove(root, "bbb");
    const qemu = (await services.deviceTypes.list(undefined, {})).items.find(({ name }) => name === "qemu");
    expect(qemu?.devices.idle).toBeGreaterThan(0);
  });

  test("a device goes to no worker that one may not change: it would run that device's commands", async () => {
    await lab.device("moving");
    await services.people.grant(root, { kind: "device", object: "moving", group: "board-owners", codename: "change" });
    await services.workers.add(root, "w5", {});
    await expect(services.devices.update(bob, "moving", { worker: "w5" })).rejects.toMatchObject(
      refused(403, /giving a device to worker w5: 'bob' may not/),
    );
    const onWorker = { kind: "worker", object: "w5", group: "board-owners", codename: "change" } as const;
    await services.people.grant(root, onWorker);
    await services.devices.update(bob, "moving", { worker: "w5" });
    await services.workers.add(root, "w6", {});
    await services.people.addGroup(root, "few");
    await services.people.grant(root, { ...onWorker, object: "w6", group: "few", codename: "view" });
    await expect(services.devices.update(bob, "moving", { worker: "w6" })).rejects.toMatchObject(
      refused(400, /no worker 'w6'/),
    );
    await services.devices.update(bob, "moving", { worker: null });
    await services.devices.remove(root, "moving");
    for (const worker of ["w5", "w6"]) await services.workers.remove(root, worker);
  });

  test("workers: their devices follow; their settings are theirs, or all workers'", async () => {
    await services.workers.add(root, "w2", { disabled: true, description: "spare" });
    expect(await services.workers.get(undefined, "w2")).toMatchObject({ health: "Retired", state: "Offline" });
    await lab.device("d4");
    await services.devices.update(root, "d4", { worker: "w2" });
    await services.workers.setHealth(root, "w2", "Active");
    await services.workers.setHealth(root, "w2", "Retired", "sold");
    expect((await services.devices.get(root, "d4")).health).toBe("Retired");
    expect((await services.workers.history(root, "w2")).map(({ message }) => message)).toContain(
      "Active → Retired (sold)",
    );
    await services.workers.setConfig(root, "w2", "env", "LANG: C\n");
    expect(await services.workers.config(eve, "w2", "env")).toBe("LANG: C\n");
    await expect(services.workers.setConfig(ann, "w2", "env", "")).rejects.toMatchObject(refused(403, /may not/));
    await expect(services.workers.config(ann, "", "env")).rejects.toMatchObject(refused(403, /all workers/));
    await services.workers.remove(root, "w2");
    expect((await services.devices.get(root, "d4")).worker).toBeNull();
  });
});

describe("people", () => {
  test("users, groups and permissions are for superusers; everybody changes themselves", async () => {
    const { password } = await services.people.addUser(systemAdmin, "carl", { email: "c@example.com" });
    expect(password).toMatch(/^\w{16}$/);
    await expect(services.people.addUser(ann, "dave", {})).rejects.toMatchObject(refused(403, /may not/));
    await expect(services.people.addUser(root, "carl", {})).rejects.toMatchObject(refused(409, /already/));
    const carl = (await services.people.logIn("carl", password ?? "", { address: "10.0.0.1" }))?.person as Person;
    await services.people.updateUser(carl, "carl", { first_name: "Carl" });
    await expect(services.people.updateUser(carl, "carl", { is_superuser: true })).rejects.toMatchObject(
      refused(403, /may/),
    );
    await expect(services.people.updateUser(carl, "carl", { password: "short" })).rejects.toMatchObject(
      refused(400, /8/),
    );
    await expect(services.people.updateUser(carl, "ann", { email: "x" })).rejects.toMatchObject(
      refused(404, /no user/),
    );
    expect((await services.people.users(carl, {})).items.map(({ username }) => username)).toEqual(["carl"]);
    await services.people.updateUser(root, "carl", { groups: ["kernel"], permissions: ["add_tag"] });
    expect(await services.people.user(root, "carl")).toMatchObject({ groups: ["kernel"], permissions: ["add_tag"] });
    await expect(services.people.updateUser(root, "carl", { permissions: ["fly"] })).rejects.toMatchObject(
      refused(400, /fly/),
    );
    await expect(services.people.removeUser(root, "ann")).rejects.toMatchObject(refused(409, /has submitted jobs/));
    await services.people.removeUser(root, "carl");
    await expect(services.people.groups(undefined)).rejects.toMatchObject(refused(401, /log in/));
    expect((await services.people.groups(ann)).map(({ name }) => name)).toEqual(["kernel"]);
  });

  test("a token is shown once, and only its hash is kept; it ends at once", async () => {
    const { id, token } = await services.people.addToken(ann, { description: "ci" });
    expect(token).toMatch(/^[0-9a-z]{128}$/);
    expect((await services.people.byToken(token))?.username).toBe("ann");
    expect(await services.people.byToken(`${token.slice(1)}0`)).toBeUndefined();
    const [listed] = await services.people.tokens(ann);
    expect(listed).toMatchObject({ id, description: "ci", last_used_on: expect.any(Date) });
    const { rows } = await lab.store.knex.raw("select tokens::text as all_of_it from tokens");
    for (const { all_of_it } of rows) expect(all_of_it).not.toContain(token);
    await expect(services.people.tokens(eve, "ann")).rejects.toMatchObject(refused(404, /no user 'ann'/));
    await expect(services.people.removeToken(eve, id)).rejects.toMatchObject(refused(404, /no token/));
    await services.people.removeToken(ann, id);
    expect(await services.people.byToken(token)).toBeUndefined();
    expect(lab.logLines.join("\n")).not.toContain(token);
  });

  test("sessions: by password, ended by log-out and by a new password; attempts are counted", async () => {
    const from = { address: "10.0.0.2" };
    await services.people.addUser(root, "lina", { password: "long enough" });
    expect(await services.people.logIn("lina", "wrong one", from)).toBeUndefined();
    expect(await services.people.logIn("lava-health", "", from)).toBeUndefined();
    const first = await services.people.logIn("lina", "long enough", from);
    expect((await services.people.byCookie(first?.cookie ?? ""))?.username).toBe("lina");
    await services.people.logOut(first?.cookie ?? "");
    expect(await services.people.byCookie(first?.cookie ?? "")).toBeUndefined();
    const second = await services.people.logIn("lina", "long enough", from);
    await services.people.updateUser(root, "lina", { password: "another one" });
    expect(await services.people.byCookie(second?.cookie ?? "")).toBeUndefined();
    for (let attempt = 0; attempt < 10; attempt++)
      expect(await services.people.logIn("nobody", "guess", { address: `10.1.0.${attempt}` })).toBeUndefined();
    await expect(services.people.logIn("Nobody", "guess", { address: "10.1.0.99" })).rejects.toMatchObject({
      ...refused(429, /try again in \d+ seconds/),
      details: { status: 429, retryAfter: expect.any(Number) },
    });
    expect(lab.logLines.join("\n")).not.toMatch(/long enough|guess|wrong one/);
  });
});

const groupId = async (name: string): Promise<number> =>
  (await lab.store.knex("groups").where({ name }).first("id")).id;
