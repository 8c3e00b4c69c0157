import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { deviceTemplates, deviceTemplatesFolder } from "@basalt/jinja/testing";
import { DeviceConfigs, makeServices, openLab, systemAdmin } from "@basalt/server";
import { testStore } from "@basalt/server/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../plugins/config.js";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { type AdminBench, openAdminBench } from "../testing/admin.js";

// A lab of all device types of LAVA's own Debian package (data, fetched for the test), brought in by `basalt admin sync`, with devices of them.

const found = deviceTemplates();
const skipped = typeof found === "string" ? ` (skipped: ${found})` : "";
const types = typeof found === "string" ? [] : Object.keys(found).map((name) => basename(name, ".jinja2"));
/** Templates that others extend are no types. All of them in soak; each eighth takes a few seconds. */
const usable = types.filter((name) => !name.startsWith("base"));
const tried = usable.filter((_, at) => process.env.BASALT_SOAK === "1" || at % 8 === 0);
const conformance =
  process.env.BASALT_CONFORMANCE ?? fileURLToPath(new URL("../../../../../shared/conformance", import.meta.url));
const jobsFolder = join(conformance, "jobs");
const noJobs = existsSync(jobsFolder) ? "" : ` (skipped: no ${jobsFolder})`;

type Store = Awaited<ReturnType<typeof testStore>>;

/** Something that most types have a place for. */
const dictionary = (type: string): string => `{% extends "${type}.jinja2" %}
{% set connection_command = "telnet ser2net.example 7001" %}
{% set power_on_command = "pduclient --command on" %}
{% set power_off_command = "pduclient --command off" %}
{% set hard_reset_command = ["pduclient --command off", "pduclient --command on"] %}
`;

describe.skipIf(skipped !== "")(`LAVA's own device types${skipped}`, () => {
  let store: Store;
  let bench: AdminBench;
  beforeAll(async () => {
    store = await testStore();
    bench = openAdminBench({ url: store.secretUrl });
    mkdirSync(join(bench.folder, "lab"));
    cpSync(deviceTemplatesFolder, join(bench.folder, "lab/device-types"), { recursive: true });
    for (const type of tried) bench.write(`lab/devices/${type}-01.jinja2`, dictionary(type));
    expect(await bench.admin("workers", "add", "rack-1")).toMatchObject({ status: 0 });
  }, 60_000);
  afterAll(async () => {
    bench?.[Symbol.dispose]();
    await store?.close();
  });

  const filesOf = (folder: string): Readonly<Record<string, string>> => {
    const names = readdirSync(join(bench.folder, folder)).filter((name) => name.endsWith(".jinja2"));
    return Object.fromEntries(names.map((name) => [name, readFileSync(join(bench.folder, folder, name), "utf8")]));
  };

  test("come in with devices, and out again as they were", async () => {
    expect(usable.length).toBeGreaterThan(300);
    const taken = await bench.admin("sync", "lab", "--create", "--worker", "rack-1", "--import");
    expect(taken.err).toBe("");
    expect(taken.status).toBe(0);
    // types of the package that don't keep to LAVA's own rules (spec of devices: timeouts.connections is required) are told, not refused
    const problems = taken.out.split("\n").filter((line) => / \(rendered\):\d+:\d+: error: /.test(line));
    expect(problems.length).toBeLessThan(tried.length / 20);
    for (const line of problems) expect(line).toMatch(/error: timeouts: connections is missing/);
    expect(await bench.admin("sync", "lab", "--check")).toMatchObject({ status: 0 });

    expect(await bench.admin("sync", "out", "--export")).toMatchObject({ status: 0, err: "" });
    for (const folder of ["device-types", "devices"])
      expect(filesOf(`out/${folder}`)).toEqual(filesOf(`lab/${folder}`));
    expect(await bench.admin("sync", "out", "--check")).toMatchObject({ status: 0 });
  }, 120_000);

  test("render, each, to a device of its name with its commands", async () => {
    const configs = new DeviceConfigs(store);
    await configs.refresh();
    const troubles: string[] = [];
    for (const type of tried) {
      const device = { name: `${type}-01`, device_type: type };
      const text = configs.render(device);
      expect(text, type).toMatch(/^(commands|actions|available_architectures):/m);
      const problem = await configs.problem(device);
      if (problem !== undefined) troubles.push(problem);
    }
    expect(troubles.filter((words) => !words.includes("connections is missing"))).toEqual([]);
    expect(troubles.length).toBeLessThan(tried.length / 20);
  }, 120_000);

  test.skipIf(noJobs !== "")(
    `serve jobs written for LAVA, each on its device${noJobs}`,
    async () => {
      const textOf = (folder: string, name: string): string =>
        readFileSync(join(conformance, folder, `${name}.yaml`), "utf8");
      const typeOf = (name: string): string | undefined => /^device_type: *(\S+)/m.exec(textOf("jobs", name))?.[1];
      // what has no type is a part of a MultiNode job, as a server hands it to a worker
      const cases = readdirSync(jobsFolder)
        .map((file) => basename(file, ".yaml"))
        .filter((name) => typeOf(name) !== undefined);
      expect(cases.length).toBeGreaterThan(40);
      // rendered devices as dictionaries: nothing is to be filled in
      const isTemplate = (text: string): boolean => /\{[%{#]/.test(text);
      const wishes: Record<string, object> = {};
      for (const name of cases) {
        const text = textOf("devices", name);
        bench.write(`cases/devices/${name}.jinja2`, isTemplate(text) ? `{% raw %}\n${text}{% endraw %}\n` : text);
        const type = /^ *device_type: *['"]?([\w.+-]+)/m.exec(textOf("jobs", name))?.[1] ?? "";
        wishes[name] = { device_type: type, worker: "rack-1" };
      }
      bench.write("cases/lab.yaml", JSON.stringify({ devices: wishes }));
      expect(await bench.admin("sync", "cases", "--create", "--import")).toMatchObject({ status: 0, err: "" });

      const shared = { clock: systemClock, log: silentDaemonLog, version: "0.1.0" };
      const config = await readConfig(bench.folder, undefined);
      const catalog = await findPlugins({ cwd: bench.folder, plugins: [], config });
      const nowhere = { url: "http://127.0.0.1:1", endpoint: undefined, autoRegister: false };
      await using lab = await openLab({ ...shared, ...nowhere, store, catalog, stateFolder: bench.stateFolder });
      const { jobs } = makeServices({ ...lab, ...shared, catalog });
      const refused: string[] = [];
      for (const name of cases) {
        // a lab has one of several alike; here each of a type is another
        await store
          .knex("devices")
          .update({ health: store.knex.raw("case when name = ? then 'Good' else 'Retired' end", [name]) });
        const verdict = await jobs.validate(systemAdmin, textOf("jobs", name), { strict: false });
        if (!verdict.ok) refused.push(`${name}: ${verdict.error.message}`);
      }
      // a test block that no boot block gives a console can't run anywhere; LAVA finds that out on the board
      const hopeless = refused.filter((words) => words.includes("the blocks' order can't work: "));
      expect(refused).toEqual(hopeless);
      expect(hopeless.length).toBeLessThan(2);
    },
    120_000,
  );

  test("are taken from the package's folder as far as a lab's own dictionaries need them", async () => {
    await using other = await testStore();
    using small = openAdminBench({ url: other.secretUrl });
    await small.admin("workers", "add", "rack-1");
    const [type = ""] = usable.filter((name) => !/^qemu|docker|ssh/.test(name));
    small.write("etc/dispatcher-config/devices/one.jinja2", dictionary(type));
    const choices = ["--create", "--worker", "rack-1", "--templates", deviceTemplatesFolder];
    expect(await small.admin("sync", "etc", ...choices, "--import")).toMatchObject({ status: 0, err: "" });
    const taken: string[] = await other.knex("documents").where({ kind: "devicetype", current: true }).pluck("name");
    expect(taken).toContain(type);
    expect(taken.length).toBeLessThan(10);
    const configs = new DeviceConfigs(other);
    await configs.refresh();
    expect(await configs.problem({ name: "one", device_type: type })).toBeUndefined();
  }, 60_000);
});
