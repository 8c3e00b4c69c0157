// The examples on the plugins' pages: each is checked as strictly as we can, and planned. plugin-examples-run.test.ts runs some of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  asObject,
  contributionsOf,
  type JsonObject,
  type Plugin,
  readYaml,
  toDevice,
  toJob,
  validateDevice,
  validateJob,
} from "@basalt/core";
import { checkDriverSettings, needsOfJob } from "@basalt/plugin-loader";
import { describe, expect, test } from "vitest";
import { root } from "../lib/house.mjs";
import { pluginPackages } from "./plugin-packages.mjs";
import { basalt } from "./run-basalt.js";

const packages = pluginPackages();
const examples = packages.flatMap(({ folder, examples }) => examples.map((one) => ({ folder, ...one })));
const jobs = examples.flatMap(({ folder, name, job, device }) =>
  job === undefined ? [] : [{ what: `${folder} ${name}`, job, device: device ?? "(no device)" }],
);

const minimalJob = "packages/actions-boot-minimal/docs/job.yaml";
const onDevices = examples.flatMap(({ folder, name, job, device }) =>
  job === undefined && device !== undefined ? [{ what: `${folder} ${name}`, job: minimalJob, device }] : [],
);

test.each([...jobs, ...onDevices])("$what is accepted without a warning, and planned", async ({ job, device }) => {
  expect(await basalt(["validate", "--strict", job, "--device", device])).toEqual({
    status: 0,
    out: `${job}: ok\n`,
    err: "",
  });
  const plan = await basalt(["plan", "--strict", job, "--device", device]);
  expect(plan).toMatchObject({ status: 0, err: "" });
  expect(plan.out).toContain("finalize");
});

const plugins: readonly Plugin[] = await Promise.all(
  packages.map(async ({ folder }) => (await import(`../../packages/${folder}/src/index.ts`)).default),
);

/** The YAML of a package's README. */
const snippets = (folder: string): readonly string[] =>
  [...readFileSync(join(root, "packages", folder, "README.md"), "utf8").matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, text = ""]) => text,
  );

/** What is wrong with part of a job, and with part of a device: what is left out is put around it. */
async function problemsOf(snippet: string): Promise<readonly string[]> {
  const { value } = await readYaml(snippet);
  const part = Array.isArray(value) ? { actions: value } : asObject(value);
  const document = async (whole: JsonObject) => readYaml(JSON.stringify(whole));
  if (Array.isArray(part.actions)) {
    const job = { job_name: "x", device_type: "x", visibility: "public", timeouts: { job: { hours: 1 } }, ...part };
    const result = await validateJob(await document(job), plugins.flatMap(contributionsOf), { strict: true });
    return result.ok ? [] : result.problems.map(({ path, message }) => `${path}: ${message}`);
  }
  const device = { constants: {}, parameters: {}, actions: {}, timeouts: { actions: {}, connections: {} }, ...part };
  const result = await validateDevice(await document(device));
  if (!result.ok) return result.problems.map(({ path, message }) => `${path}: ${message}`);
  await checkDriverSettings(toDevice(device), plugins);
  return [];
}

/** What a job's blocks ask for, as {kind, name} of a manifest. */
async function asked(job: string): Promise<readonly string[]> {
  const { value } = await readYaml(readFileSync(join(root, job), "utf8"));
  const named = toJob(value);
  return needsOfJob(named).map(({ kind, name }) => `${kind} ${name}`);
}

describe.each(packages)("$folder", ({ folder, brings, examples: own }) => {
  test("has an example of all that it brings", async () => {
    const used = (await Promise.all(own.flatMap(({ job }) => (job === undefined ? [] : [asked(job)])))).flat();
    const drivers = own.flatMap(({ device }) =>
      device === undefined ? [] : [readFileSync(join(root, device), "utf8")],
    );
    const shown = ({ kind, name }: { kind: string; name: string }): boolean =>
      kind !== "power" && kind !== "connections"
        ? used.includes(`${kind} ${name}`)
        : name === "command" // LAVA's commands name no driver
          ? drivers.some((text) => text.includes(kind === "power" ? "power_on_command" : "connection_commands"))
          : drivers.some((text) => text.includes(`'driver': '${name}'`));
    expect(brings.filter((brought) => !shown(brought))).toEqual([]);
  });

  test("its README's snippets are true", async () => {
    for (const snippet of snippets(folder)) expect(await problemsOf(snippet), snippet).toEqual([]);
  });
});
