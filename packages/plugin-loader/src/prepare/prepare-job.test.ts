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

test("a timeout for an action that the plan does not have is a warning with its place, with strict an error", async () => {
  const timeouts = { job: { minutes: 1 }, actions: { "knok-boot": { seconds: 9 }, "knock-boot": { seconds: 9 } } };
  const more = {
    timeouts: { ...timeouts, connections: { telephone: { seconds: 9 } } },
    actions: [{ boot: { method: "knock", who: "there", timeouts: { finalize: { seconds: 9 } } } }],
  };
  const given = job(more);
  const { warnings, pipeline } = await prepareJob({ job: given, device: device(), strict, catalog });
  expect(pipeline.blocks[0]?.timeoutMs).toBe(9_000);
  const place = (key: string) => `job 42:1:${given.text.indexOf(`"${key}"`) + 1}: warning:`;
  expect(warnings.join("\n").split("\n")).toEqual([
    `${place("knok-boot")} timeouts.actions.knok-boot: no action of this plan is called knok-boot, so its time means nothing; did you mean knock-boot? [ERR_JOB_TIMEOUT]`,
    "    expected: knock-boot",
    `${place("telephone")} timeouts.connections.telephone: no action of this plan is called telephone, so its time means nothing [ERR_JOB_TIMEOUT]`,
    "    expected: the name of an action: 'basalt plan' shows them",
    // of the whole plan, but not of this block
    `${place("finalize")} actions[0].boot.timeouts.finalize: no action of this block is called finalize, so its time means nothing [ERR_JOB_TIMEOUT]`,
    "    expected: the name of an action: 'basalt plan' shows them",
  ]);
  await expect(prepareJob({ job: given, device: device(), strict: true, catalog })).rejects.toMatchObject({
    code: "ERR_JOB_INVALID",
    message: expect.stringMatching(/knok-boot.*did you mean knock-boot/),
  });
});

test("a job's context may set what the lab allows, anything where the device is rendered already", async () => {
  const options = { job: job({ context: { color: "red" } }), device: device(), strict, catalog };
  await expect(prepareJob(options)).rejects.toThrow(/context\.color/);
  for (const extraContext of [["color"], "any"] as const)
    expect((await prepareJob({ ...options, extraContext })).job.context).toEqual({ color: "red" });
});
