import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { makeCatalog } from "../catalog.js";
import { readManifest } from "../read-manifest.js";
import { prepareJob, withDrivers } from "./prepare-job.js";

const folder = fileURLToPath(new URL("../../fixtures/reference-plugin", import.meta.url));
const importThis = (): Promise<unknown> => import("../../fixtures/reference-plugin/index.js" as string);
const manifest = await readManifest(folder);
const catalog = makeCatalog({ manifests: [manifest, manifest], importBuiltin: () => importThis });

const job = (more: object = {}) => ({
  name: "job 42",
  text: JSON.stringify({
    job_name: "knock",
    device_type: "door",
    visibility: "public",
    context: { arch: "arm64" },
    timeouts: { job: { minutes: 1 } },
    actions: [{ boot: { method: "knock", who: "there" } }],
    ...more,
  }),
});
const device = (more: object = {}) => ({
  name: "door-1",
  text: JSON.stringify({
    hostname: "door-1",
    devicetype: "door",
    constants: {},
    parameters: {},
    power: { driver: "light-switch", room: "hall" },
    actions: { boot: { methods: { knock: null } } },
    timeouts: { actions: {}, connections: {} },
    ...more,
  }),
});
const strict = false;

test("texts of a job and a device become a plan; manifests of one folder count once", async () => {
  expect(catalog.manifests).toHaveLength(1);
  const prepared = await prepareJob({ job: job(), device: device(), strict, catalog });
  expect(prepared.pipeline.blocks.map(({ name }) => name)).toEqual(["knock-boot"]);
  expect(prepared.pipeline.compatibility).toBe(1);
  expect(prepared.warnings).toEqual([]);
  const whole = await withDrivers(prepared, catalog);
  expect(whole.plugins).toEqual(prepared.plugins);
});

test("a device may be rendered from the job's context", async () => {
  const contexts: object[] = [];
  const render = async (context: object) => {
    contexts.push(context);
    return device();
  };
  await prepareJob({ job: job(), device: render, strict, catalog });
  expect(contexts).toEqual([{ arch: "arm64" }]);
});

test("what is wrong is told by the names that were given", async () => {
  const broken = prepareJob({ job: { name: "job 42", text: "a: [" }, device: device(), strict, catalog });
  await expect(broken).rejects.toThrow(/^job 42:1:/);
  await expect(
    prepareJob({ job: job({ actions: [{ boot: { method: "knok" } }] }), device: device(), strict, catalog }),
  ).rejects.toThrow(/^job 42:.*knok/s);
  await expect(prepareJob({ job: job(), device: device({ hostname: 7 }), strict, catalog })).rejects.toThrow(
    expect.objectContaining({ kind: "configuration", message: expect.stringContaining("door-1") }),
  );
});

test("a driver that nobody has, and settings that it does not take, are refused before anything runs", async () => {
  const named = (driver: string, more: object = {}) => device({ power: { driver, ...more } });
  await expect(prepareJob({ job: job(), device: named("light-swich"), strict, catalog })).rejects.toThrow(
    /Did you mean 'light-switch'/,
  );
  const prepared = await prepareJob({ job: job(), device: named("light-switch"), strict, catalog });
  await expect(withDrivers(prepared, catalog)).rejects.toThrow(/power: 'room' is missing/);
});

test("a job's context may set what the lab allows, anything where the device is rendered already", async () => {
  const options = { job: job({ context: { color: "red" } }), device: device(), strict, catalog };
  await expect(prepareJob(options)).rejects.toThrow(/context\.color/);
  for (const extraContext of [["color"], "any"] as const)
    expect((await prepareJob({ ...options, extraContext })).job.context).toEqual({ color: "red" });
});
