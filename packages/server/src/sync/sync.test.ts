import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { deviceTemplates } from "@basalt/jinja/testing";
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { commandCatalog } from "../testing/command-catalog.js";
import { testStore } from "../testing/test-store.js";
import { exportFolder } from "./export-folder.js";
import { healthCheckAsJob } from "./health-check-job.js";
import { type ImportOptions, importFolder } from "./import-folder.js";

// each test has a database of its own, on a machine that may be busy
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let dir: string;
let store = await testStore();
afterAll(() => store.close());
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "basalt-sync-"));
});
afterEach(async () => {
  rmSync(dir, { recursive: true, force: true });
  await store.close();
  store = await testStore();
});

const write = (files: Record<string, string>, folder = "lab") => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, folder, name)), { recursive: true });
    writeFileSync(join(dir, folder, name), text);
  }
};

const load = (more: Partial<ImportOptions> = {}) =>
  importFolder(store, {
    folder: join(dir, "lab"),
    cwd: dir,
    dryRun: false,
    create: false,
    remove: false,
    templates: [],
    asJob: healthCheckAsJob({ catalog: commandCatalog(1), extraContext: [] }),
    author: "alice",
    reason: "a test",
    ...more,
  });
const save = (folder: string, more: object = {}) =>
  exportFolder(store, { folder: join(dir, folder), cwd: dir, dryRun: false, remove: false, ...more });

const documents = () =>
  store
    .knex("documents")
    .where({ current: true })
    .whereNotNull("text")
    .orderBy(["kind", "name"])
    .select("kind", "name", "text");

const qemu = '{% extends "qemu.jinja2" %}\n{% set memory = 1024 %}\n';
const check =
  "job_name: check\ndevice_type: qemu\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions: [{command: {name: beep}}]\n";

/** As a lab of LAVA has it. */
const lavaLab = {
  "dispatcher-config/devices/q1.jinja2": qemu,
  "dispatcher-config/devices/board1.jinja2":
    '{% extends "my-board.jinja2" %}\n{% set sync_to_lava = {"device_type": "board", "worker": "rack-1", "tags": ["hdmi", "fast"], "aliases": ["b"], "group_device_permissions": [["submit_to_device", "lab"]]} %}\n',
  "dispatcher-config/device-types/my-board.jinja2": '{% extends "qemu.jinja2" %}\n{% set arch = "arm64" %}\n',
  "dispatcher-config/health-checks/qemu.yaml": check,
  "dispatcher-config/devices/notes.txt": "not ours",
  "dispatcher.d/rack-1/env.yaml": "purge: true\n",
  "dispatcher.d/rack-2.yaml": "dispatcher_ip: 10.0.0.2\n",
  "env.yaml": "overrides: {LC_ALL: C.UTF-8}\n",
  "env.dut.yaml": "purge: false\n",
};

describe("sync of a lab of LAVA", () => {
  it("takes dictionaries, templates, health checks and workers' settings, and what the dictionaries say themselves", async () => {
    write(lavaLab);
    await store.knex("groups").insert({ name: "lab" });
    const report = await load({ create: true, worker: "rack-2" });
    expect(report.changes.map(({ path }) => path)).toEqual([
      "device-types/my-board.jinja2",
      "devices/board1.jinja2",
      "devices/q1.jinja2",
      "dispatcher.d/rack-1/env.yaml",
      "dispatcher.d/rack-2/dispatcher.yaml",
      "env-dut.yaml",
      "env.yaml",
      "health-checks/qemu.yaml",
    ]);
    expect(await documents()).toContainEqual({ kind: "device", name: "q1", text: qemu });
    expect(await store.knex("devices").orderBy("name").select("name", "device_type", "worker", "health")).toEqual([
      { name: "board1", device_type: "board", worker: "rack-1", health: "Unknown" },
      { name: "q1", device_type: "qemu", worker: "rack-2", health: "Unknown" },
    ]);
    expect(await store.knex("workers").orderBy("name").pluck("name")).toEqual(["rack-1", "rack-2"]);
    expect(await store.knex("aliases").select()).toEqual([{ name: "b", device_type: "board" }]);
    expect(await store.knex("device_tags").count({ count: "*" })).toEqual([{ count: 2 }]);
    expect(await store.knex("object_permissions").select("kind", "object", "codename")).toEqual([
      { kind: "device", object: "board1", codename: "submit_to" },
    ]);
    expect(await store.knex("documents").distinct("author", "reason", "revision")).toEqual([
      { author: "alice", reason: "a test", revision: 1 },
    ]);
  });

  it("without --create only notes what the lab does not know", async () => {
    write({ "devices/q1.jinja2": qemu });
    const { notes } = await load();
    expect(notes).toEqual(["lab/devices/q1.jinja2: the lab has no device q1: --create adds it, or lab.yaml names it"]);
    expect(await store.knex("devices").select()).toEqual([]);
    expect(await documents()).toHaveLength(1);
  });

  it("takes templates along that its own need, of LAVA's package", async () => {
    write({ "devices/x1.jinja2": '{% extends "x.jinja2" %}\n' });
    write(
      { "x.jinja2": '{% extends "base-x.jinja2" %}\n', "base-x.jinja2": "actions: {}\n", "y.jinja2": "\n" },
      "types",
    );
    await expect(load()).rejects.toThrow(/^lab\/devices\/x1\.jinja2:1: x\.jinja2: it is neither .*--templates FOLDER/);
    await load({ templates: [join(dir, "types")] });
    expect((await documents()).map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      "device/x1",
      "devicetype/base-x",
      "devicetype/x",
    ]);
    expect((await load()).changes).toEqual([]);
  });
});

describe("lab.yaml", () => {
  it("says what no text holds, and only what it names is changed", async () => {
    write({
      "devices/q1.jinja2": qemu,
      "lab.yaml":
        "workers: {rack-1: {job_limit: 4}}\ndevice_types: {qemu: {health_frequency: 3, aliases: [vm]}}\ntags: {kvm: {description: fast}}\ndevices: {q1: {worker: rack-1, tags: [kvm], health: Maintenance}}\n",
    });
    const { lab } = await load();
    expect(lab.before).toBe("");
    expect(lab.after).toContain(
      "  q1:\n    device_type: qemu\n    worker: rack-1\n    health: Maintenance\n    tags:\n      - kvm\n",
    );
    await store.knex("devices").update({ health: "Good", description: "by hand" });
    write({ "lab.yaml": "devices: {q1: {description: of the file}}\n" });
    await load();
    expect(await store.knex("devices").first("health", "description", "worker")).toEqual({
      health: "Good",
      description: "of the file",
      worker: "rack-1",
    });
    expect(await store.knex("log_entries").where({ kind: "device" }).pluck("message")).toEqual([
      "added (a test)",
      'description "of the file" (a test)',
    ]);
  });

  it("that changes a worker's health takes its devices along, and nothing else is touched", async () => {
    write({ "devices/q1.jinja2": qemu, "lab.yaml": "workers: {rack-1: {}}\ndevices: {q1: {worker: rack-1}}\n" });
    await load();
    await store.knex("devices").update({ health: "Good", state: "Running" });
    write({ "lab.yaml": "workers: {rack-1: {health: Retired}}\n" });
    await load();
    expect(await store.knex("devices").first("health", "state")).toEqual({ health: "Retired", state: "Running" });
    expect(await store.knex("log_entries").where({ object: "q1" }).pluck("message")).toContainEqual(
      "Good \u2192 Retired (worker going retired)",
    );
    const again = await load();
    expect(again.lab.after).toBe(again.lab.before);
  });

  it.each([
    ["devices:\n  q1:\n    wroker: rack-1\n", "lab/lab.yaml:3: devices.q1.wroker is not known: did you mean worker?"],
    ["device: {}\n", "lab/lab.yaml:1: device is not known: did you mean devices?"],
    [
      "devices:\n  q1: {device_type: qemu,\n    health: Fine}\n",
      "lab/lab.yaml:3: devices.q1.health must be one of Good, Unknown",
    ],
    [
      "workers: {rack-1: {}}\ndevices:\n  q1:\n    device_type: qemu\n    worker: rak-1\n",
      "lab/lab.yaml:5: device q1: there is no worker rak-1, did you mean rack-1?",
    ],
    ["devices: {q1: {}}\n", "lab/lab.yaml:1: device q1 has no device_type, and its dictionary extends no template"],
    ["devices: {q1: {device_type: qemu, physical_owner: bob}}\n", "lab/lab.yaml:1: device q1: there is no user bob"],
    [
      "workers: {w: {permissions: {change: [root]}}}\n",
      "lab/lab.yaml:1: w: there is no group root: add it with 'basalt admin groups add root'",
    ],
    ["device_types: {a: {aliases: [b]}, b: {}}\n", "lab/lab.yaml:1: b is an alias of a, and names b, too"],
    ["devices: {q1: [\n", "lab/lab.yaml:2:1: cannot be read as YAML"],
  ])("that is wrong is refused with file and line: %j", async (text, words) => {
    write({ "lab.yaml": text });
    await expect(load()).rejects.toThrow(words);
    expect(await store.knex("log_entries").select()).toEqual([]);
  });
});

describe("an import", () => {
  it("refuses what is broken, all of it, before anything is written", async () => {
    write({
      "devices/good.jinja2": qemu,
      "devices/bad.jinja2": '{% extends "qemu.jinja2" %}\n{% set x = %}\n',
      "devices/worse.jinja2": '{% extends "broken.jinja2" %}\n',
      "device-types/broken.jinja2": "a\n{% if x %}\n",
      "health-checks/qemu.yaml": "a: [\n",
      "health-checks/board.yaml": check.replace("job_name", "jb_name"),
      "env.yaml": "- list\n",
    });
    const refused = await load({ create: true }).catch((error) => error);
    expect(refused.code).toBe("ERR_SYNC_REFUSED");
    expect(refused.message.split("\n").map((line: string) => line.replace(/(:\d+):.*/, "$1"))).toEqual(
      expect.arrayContaining([
        "lab/device-types/broken.jinja2:2",
        "lab/devices/bad.jinja2:2",
        "lab/health-checks/qemu.yaml:2",
        "lab/health-checks/board.yaml:1",
        "lab/env.yaml:1",
      ]),
    );
    expect(await documents()).toEqual([]);
    expect(await store.knex("devices").select()).toEqual([]);
  });

  it("refuses a template that breaks a dictionary which did not change", async () => {
    write({ "devices/d.jinja2": '{% extends "t.jinja2" %}\n', "device-types/t.jinja2": "a: 1\n" });
    await load({ create: true });
    write({ "device-types/t.jinja2": "{{ 1 / 0 }}\n" });
    await expect(load()).rejects.toThrow(/^lab\/device-types\/t\.jinja2:1: .*zero/);
    expect(await store.knex("documents").max({ max: "revision" })).toEqual([{ max: 1 }]);
  });

  it("warns of devices that jobs will be refused on", async () => {
    write({ "devices/d.jinja2": "hostname: d\nparameters: 3\n" });
    expect((await load()).warnings).toEqual([expect.stringContaining("lab/devices/d.jinja2 (rendered)")]);
  });

  it("that is a dry run says the same and writes nothing", async () => {
    write({ "devices/q1.jinja2": qemu });
    const report = await load({ create: true, dryRun: true });
    expect(report.changes).toHaveLength(1);
    expect(await documents()).toEqual([]);
    expect(await load({ create: true })).toEqual(report);
  });

  it("deletes only when told, and only what the folder has a place for; devices are retired", async () => {
    write({ "devices/q1.jinja2": qemu, "devices/q2.jinja2": qemu, "env.yaml": "a: 1\n" });
    await load({ create: true });
    rmSync(join(dir, "lab/devices/q1.jinja2"));
    rmSync(join(dir, "lab/env.yaml"));
    expect((await load()).changes).toEqual([]);
    const { changes } = await load({ remove: true });
    expect(changes).toEqual([{ kind: "device", name: "q1", path: "devices/q1.jinja2", before: qemu, after: null }]);
    expect(await store.knex("devices").orderBy("name").select("name", "health")).toEqual([
      { name: "q1", health: "Retired" },
      { name: "q2", health: "Unknown" },
    ]);
    expect(
      await store.knex("documents").where({ name: "q1" }).orderBy("id").select("revision", "text", "current"),
    ).toEqual([
      { revision: 1, text: qemu, current: false },
      { revision: 2, text: null, current: true },
    ]);
  });

  it("does not delete a template that a device still builds on", async () => {
    const mine = '{% extends "mine.jinja2" %}\n';
    write({ "devices/q1.jinja2": mine, "device-types/mine.jinja2": qemu, "device-types/other.jinja2": qemu });
    await load({ create: true });
    rmSync(join(dir, "lab/device-types/mine.jinja2"));
    await expect(load({ remove: true })).rejects.toMatchObject({
      code: "ERR_SYNC_REFUSED",
      message: expect.stringMatching(/devices\/q1\.jinja2:1: mine\.jinja2: it is neither among the device types/),
    });
    // with the device it may go
    rmSync(join(dir, "lab/devices/q1.jinja2"));
    expect((await load({ remove: true })).changes.map(({ name }) => name).sort()).toEqual(["mine", "q1"]);
  });

  it("keeps all revisions with their authors", async () => {
    write({ "devices/q1.jinja2": qemu });
    await load();
    write({ "devices/q1.jinja2": `${qemu}{# two #}` });
    await load({ author: "bob", reason: "more" });
    await load({ author: "carol" });
    expect(await store.knex("documents").orderBy("id").select("revision", "author", "reason", "current")).toEqual([
      { revision: 1, author: "alice", reason: "a test", current: false },
      { revision: 2, author: "bob", reason: "more", current: true },
    ]);
  });

  it("refuses folders that are none, and files that are no text", async () => {
    await expect(load()).rejects.toMatchObject({ code: "ERR_SYNC_FOLDER" });
    mkdirSync(join(dir, "lab/devices"), { recursive: true });
    writeFileSync(join(dir, "lab/devices/x.jinja2"), Buffer.from([0x66, 0xff]));
    await expect(load()).rejects.toThrow(/x\.jinja2 is not a text in UTF-8/);
  });
});

/** All files of a folder with their texts. */
const filesOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(dir, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(join(dir, folder).length + 1), readFileSync(path, "utf8")] as const;
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

describe("import, export, import", () => {
  it("gives no difference, byte for byte, into another lab, too", async () => {
    const odd = `${qemu}\r\n  {# trailing blanks  #}  \n\u00e4 no line end`;
    write({ ...lavaLab, "dispatcher-config/devices/odd.jinja2": odd });
    await store.knex("groups").insert({ name: "lab" });
    await load({ create: true, worker: "rack-1" });
    await store.knex("devices").where({ name: "q1" }).update({ health: "Bad" });
    await save("out");
    expect(Object.keys(filesOf("out"))).toEqual([
      "device-types/my-board.jinja2",
      "devices/board1.jinja2",
      "devices/odd.jinja2",
      "devices/q1.jinja2",
      "dispatcher.d/rack-1/env.yaml",
      "dispatcher.d/rack-2/dispatcher.yaml",
      "env-dut.yaml",
      "env.yaml",
      "health-checks/qemu.yaml",
      "lab.yaml",
    ]);
    expect(filesOf("out")["devices/odd.jinja2"]).toBe(odd);
    const again = await load({ folder: join(dir, "out"), create: true, remove: true });
    expect(again.changes).toEqual([]);
    expect(again.lab.after).toBe(again.lab.before);
    const [before, mine] = [filesOf("out"), await documents()];
    await store.close();
    store = await testStore();
    await store.knex("groups").insert({ name: "lab" });
    await load({ folder: join(dir, "out") });
    expect(await documents()).toEqual(mine);
    await save("third");
    expect(filesOf("third")).toEqual(before);
  });

  it("writes where the files are, leaves what is the same, and does not touch strangers", async () => {
    write(lavaLab);
    await store.knex("groups").insert({ name: "lab" });
    await load({ create: true, worker: "rack-1" });
    await store.knex("documents").where({ kind: "dispatcher" }).update({ text: "dispatcher_ip: 10.0.0.3\n" });
    const comment = "# a comment\n";
    const { changes } = await save("lab");
    expect(changes.map(({ path }) => path)).toEqual(["dispatcher.d/rack-2.yaml"]);
    expect(filesOf("lab")["dispatcher.d/rack-2.yaml"]).toBe("dispatcher_ip: 10.0.0.3\n");
    write({ "lab.yaml": comment + filesOf("lab")["lab.yaml"], "dispatcher-config/devices/new.jinja2": "x: 1\n" });
    const later = await save("lab");
    expect(later.lab.after).toBe(later.lab.before);
    expect(later.lab.after.startsWith(comment)).toBe(true);
    expect(later.notes).toEqual([
      "lab/dispatcher-config/devices/new.jinja2 is not in the database: --delete removes it, or --import brings it in",
    ]);
    await save("lab", { remove: true });
    expect(Object.keys(filesOf("lab"))).not.toContain("dispatcher-config/devices/new.jinja2");
    expect(filesOf("lab")["dispatcher-config/devices/notes.txt"]).toBe("not ours");
  });
});

const lavaTypes = deviceTemplates();

it.skipIf(typeof lavaTypes === "string")(
  "takes the device types of Debian's lava-server, all of them",
  { timeout: 60_000 },
  async () => {
    if (typeof lavaTypes === "string") return;
    write(lavaTypes, "lab/device-types");
    write({ "devices/bbb.jinja2": '{% extends "beaglebone-black.jinja2" %}\n' });
    const { changes, warnings } = await load({ create: true });
    expect(changes).toHaveLength(Object.keys(lavaTypes).length + 1);
    expect(warnings).toEqual([]);
    expect(await store.knex("devices").select("name", "device_type")).toEqual([
      { name: "bbb", device_type: "beaglebone-black" },
    ]);
  },
);
