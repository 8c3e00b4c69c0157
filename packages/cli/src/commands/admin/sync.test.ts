import { readFileSync } from "node:fs";
import { join } from "node:path";
import { testStore } from "@basalt/server/testing";
import { afterAll, expect, it, vi } from "vitest";
import { openAdminBench } from "../../testing/admin.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const store = await testStore();
const bench = openAdminBench({ url: store.secretUrl });
afterAll(async () => {
  bench[Symbol.dispose]();
  await store.close();
});

const texts = () => store.knex("documents").where({ current: true }).whereNotNull("text").pluck("name");

it("shows what an import would change as a unified diff, imports it, and has no difference then", async () => {
  bench.write("lab/devices/q1.jinja2", '{% extends "qemu.jinja2" %}\n');
  bench.write("lab/lab.yaml", "workers: {rack-1: {}}\ndevices: {q1: {worker: rack-1}}\n");
  const shown = await bench.admin("sync", "lab");
  expect(shown.status).toBe(0);
  expect(shown.out.split("\n")).toEqual([
    "--- /dev/null",
    "+++ b/devices/q1.jinja2",
    "@@ -0,0 +1,1 @@",
    '+{% extends "qemu.jinja2" %}',
    "--- a/lab.yaml",
    "+++ b/lab.yaml",
    "@@ -0,0 +1,8 @@",
    "+workers:",
    "+  rack-1: {}",
    "+device_types:",
    "+  qemu: {}",
    "+devices:",
    "+  q1:",
    "+    device_type: qemu",
    "+    worker: rack-1",
    "1 text and the lab's facts would be written to the database: --import does it",
    "",
  ]);
  expect(await texts()).toEqual([]);
  expect(await bench.admin("sync", "lab", "--check")).toMatchObject({ status: 1 });
  expect(await bench.admin("sync", "lab", "--import", "--reason", "commit 1a2b")).toMatchObject({ status: 0 });
  expect(await bench.admin("sync", "lab", "--check")).toEqual({
    status: 0,
    out: "no difference between lab and the database\n",
    err: "",
  });
  expect(await store.knex("documents").first("author", "reason")).toEqual({
    author: "alice (basalt admin)",
    reason: "commit 1a2b",
  });
});

it("exports, and what was changed by hand shows", async () => {
  expect((await bench.admin("sync", "out", "--export", "--dry-run")).status).not.toBe(0);
  expect(await bench.admin("sync", "out", "--export")).toMatchObject({ status: 0 });
  expect(readFileSync(join(bench.folder, "out/devices/q1.jinja2"), "utf8")).toBe('{% extends "qemu.jinja2" %}\n');
  await bench.admin("devices", "update", "q1", "--description", "by hand");
  const { out } = await bench.admin("sync", "out", "--export", "--dry-run");
  expect(out).toContain("+    description: by hand\n");
  expect(readFileSync(join(bench.folder, "out/lab.yaml"), "utf8")).not.toContain("by hand");
});

it("refuses what is broken with file and line, and changes nothing", async () => {
  bench.write("bad/devices/b.jinja2", "a\n{% endif %}\n");
  const { status, err } = await bench.admin("sync", "bad", "--import");
  expect(status).toBe(2);
  expect(err).toMatch(/^basalt: bad\/devices\/b\.jinja2:2: .*\(ERR_SYNC_REFUSED\)\n$/);
  expect(await texts()).toEqual(["q1"]);
});

it("refuses names and rights that there can't be, with file and line", async () => {
  bench.write("names/lab.yaml", "workers:\n  rack 1: {}\ntags:\n  bad tag: {}\n");
  const { err } = await bench.admin("sync", "names", "--import");
  expect(err).toMatch(/names\/lab\.yaml:2: 'rack 1' can't be the name of a worker/);
  expect(err).toMatch(/names\/lab\.yaml:4: 'bad tag' can't be the name of a tag/);
  bench.write("rights/lab.yaml", "workers:\n  rack-1:\n    permissions:\n      submit_to: []\n");
  expect((await bench.admin("sync", "rights", "--import")).err).toMatch(
    /rights\/lab\.yaml:4: workers\.rack-1\.permissions\.submit_to is not known: expected one of view, change/,
  );
});

it("makes no device type that nobody wrote", async () => {
  bench.write("types/lab.yaml", "devices:\n  q1:\n    device_type: qemuu\n");
  const { status, err } = await bench.admin("sync", "types", "--import");
  expect(status).toBe(2);
  expect(err).toContain("types/lab.yaml:3: device q1: there is no type qemuu, did you mean qemu?");
  expect(await store.knex("device_types").pluck("name")).toEqual(["qemu"]);
  bench.write("types/lab.yaml", "devices:\n  q1:\n    device_type: abcdefgh\n");
  expect((await bench.admin("sync", "types", "--import")).err).toContain("name it under device_types, or say --create");
  expect((await bench.admin("sync", "types", "--create")).out).toContain("+  abcdefgh: {}");
  // a template is what a type is written as
  bench.write("types/device-types/abcdefgh.jinja2", '{% extends "qemu.jinja2" %}\n');
  expect((await bench.admin("sync", "types")).out).toContain("+  abcdefgh: {}");
});

it("knows what does not go together", async () => {
  expect((await bench.admin("sync", "lab", "--import", "--export")).err).toContain("cannot be used with option");
  expect((await bench.admin("sync", "nowhere")).err).toContain("there is no folder");
  expect((await bench.admin("sync", "lab", "--worker", "rck-1")).err).toContain("did you mean 'rack-1'?");
});

it("colours the diff on a terminal only", async () => {
  using coloured = openAdminBench({ url: store.secretUrl, env: { FORCE_COLOR: "1" } });
  coloured.write("lab/env.yaml", "a: 1\n");
  expect((await coloured.admin("sync", "lab")).out).toContain("\u001b[32m+a: 1\u001b[39m");
});
