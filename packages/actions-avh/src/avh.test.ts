import { downloadedSlot, OverlaySlot, SessionSlot } from "@basalt/actions-common";
import { FileStoreToken, type JsonObject, ProcessRunnerToken } from "@basalt/core";
import { FakeFiles, FakeProcessRunner, fakeTests, planOf, planText, type RanPlan, runPlan } from "@basalt/testing";
import { afterEach, expect, test } from "vitest";
import { callAvh } from "./call-avh.js";
import { applyOverlayAvh, deployAvh, type Firmware, FirmwareSlot } from "./deploy-avh.js";
import { boot, deploy } from "./index.js";
import { apiToken, bearer, FakeAvh, type FakeAvhOptions } from "./testing/fake-avh.js";

let avh: FakeAvh | undefined;
afterEach(async () => {
  await avh?.[Symbol.asyncDispose]();
  avh = undefined;
});
const start = async (options: FakeAvhOptions = {}): Promise<FakeAvh> => {
  avh = await FakeAvh.start(options);
  return avh;
};

const deviceAt = (endpoint: string): JsonObject => ({
  hostname: "virtual-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  actions: {
    deploy: { methods: { avh: { options: { api_endpoint: endpoint, project_name: "Default Project", model: null } } } },
    boot: { methods: { avh: null } },
  },
});
const secrets = { avh_api_token: apiToken };
const file = (key: string) => [downloadedSlot(key), { path: `/jobs/1/${key}.bin`, url: "", sha256: "" }] as const;
const images: JsonObject = {
  rootfs: { url: "http://x/r" },
  kernel: { url: "http://x/k" },
  dtb: { url: "http://x/d" },
  "bl31.bin": { url: "http://x/b" },
};

/** Nothing that a job shows may have a token in it. */
function showsNoToken(ran: RanPlan): void {
  const shown = JSON.stringify([
    ran.events,
    ran.outcome,
    "error" in ran.outcome ? String(ran.outcome.error.stack) : "",
  ]);
  expect(shown).not.toContain(apiToken);
  expect(shown).not.toContain(bearer);
}

const runDeploy = async (
  fake: FakeAvh,
  params: JsonObject = { images, options: { model: "rpi4b" } },
  runner = new FakeProcessRunner().answer(/./),
  job: JsonObject = { secrets },
) => {
  const files = new FakeFiles();
  await files.write("/jobs/1/fw_package.bin", "PK-package");
  await files.write("/jobs/1/deploy-avh-000001/firmware.zip", "PK-made");
  const device = deviceAt(fake.endpoint);
  const node = deployAvh({ params, device: planned(device, params) });
  const ran = await runPlan(node, {
    device,
    job,
    section: "deploy",
    slots: [...Object.keys(images).map(file), file("fw_package")],
    services: [
      [FileStoreToken, files],
      [ProcessRunnerToken, runner],
    ],
  });
  showsNoToken(ran);
  return { ...ran, files, runner };
};
const planned = (device: JsonObject, params: JsonObject) =>
  planOf({
    job: { job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ deploy: { to: "avh", ...params } }] },
    device,
    strategies: [deploy],
  }).device;

test("images become a firmware package, which is uploaded to the project and removed when the job ends", async () => {
  const fake = await start();
  const { outcome, runner, files, slot } = await runDeploy(fake);
  expect(outcome).toEqual({ result: "pass" });
  const folder = "/jobs/1/deploy-avh-000001";
  expect(runner.calls).toEqual([
    ["zip", "-q", "-1", "firmware.zip", "Info.plist", "nand", "kernel", "devicetree", "bl31.bin"],
  ]);
  expect(runner.options[0]?.cwd).toBe(folder);
  expect(files.links.get(`${folder}/nand`)).toBe("/jobs/1/rootfs.bin");
  expect(files.links.get(`${folder}/devicetree`)).toBe("/jobs/1/dtb.bin");
  expect(await files.readText(`${folder}/Info.plist`)).toContain("<key>DeviceIdentifier</key><string>rpi4b</string>");
  const upload = fake.seen.find(({ line }) => line === "POST /v1/images")?.body ?? "";
  for (const [key, value] of Object.entries({
    type: "fwpackage",
    encoding: "plain",
    encapsulated: "false",
    project: "p-1",
  }))
    expect(upload).toMatch(new RegExp(`name="${key}"\\r\\n\\r\\n${value}\\r\\n`));
  expect(upload).toMatch(/name="file"; filename="lava-1-[\d.]+zip"[\s\S]*PK-made/);
  expect(slot(FirmwareSlot)).toEqual({
    ...{ endpoint: fake.endpoint, project: "p-1", model: "rpi4b", image: "image-1" },
    ...{ version: "1.0.0", build: "1" },
  });
  expect(fake.lines.at(-1)).toBe("DELETE /v2/images/image-1");
  expect([...fake.held]).toEqual([]);
});

const plist =
  "<plist><dict><key>Version</key>\n<string>11 &amp; more</string><key>Build</key><string>B</string></dict></plist>";
test.each([
  ["Info.plist", plist, "11 & more", "B"],
  ["Info.json", '{"Version": "7", "Build": "C", "DeviceIdentifier": "rpi4b"}', "7", "C"],
])("a package is uploaded as it is; its %s tells what it is", async (name, text, version, build) => {
  const fake = await start();
  const runner = new FakeProcessRunner()
    .answer(/./)
    .answer(/^unzip -Z1/, { stdout: `${name}\nkernel\nnand\n` })
    .answer(/^unzip -p/, { stdout: text });
  const { outcome, slot } = await runDeploy(
    fake,
    { fw_package: { url: "http://x/f.zip" }, options: { model: "rpi4b" } },
    runner,
  );
  expect(outcome).toEqual({ result: "pass" });
  expect(slot(FirmwareSlot)).toMatchObject({ version, build });
  expect(fake.seen.find(({ line }) => line === "POST /v1/images")?.body).toContain("PK-package");
});

const pack = { fw_package: { url: "http://x/f.zip" }, options: { model: "rpi4b" } };
test.each([
  ["no secret", { job: {} }, "add secrets: {avh_api_token: TOKEN}", "job"],
  ["a wrong secret", { job: { secrets: { avh_api_token: "wrong-one" } } }, "make a new token", "job"],
  ["no model", { params: { images } }, "needs the model", "job"],
  [
    "no such project",
    { params: { ...pack, images, options: { model: "m", project_name: "Mine" } } },
    "it has Other, Default Project",
    "job",
  ],
  ["no zip", { runner: new FakeProcessRunner() }, "Debian's package zip", "infrastructure"],
  ["a package without Info.plist", { params: pack }, "has no Info.plist", "job"],
  [
    "a zip that fails",
    { runner: new FakeProcessRunner().answer(/./, { code: 15, stderr: "zip I/O error" }) },
    "zip I/O error",
    "infrastructure",
  ],
])("%s is told, and nothing stays in the cloud", async (_what, given, words, kind) => {
  const { params, runner, job } = given as { params?: JsonObject; runner?: FakeProcessRunner; job?: JsonObject };
  const fake = await start();
  const { outcome } = await runDeploy(fake, params, runner, job);
  expect(outcome).toMatchObject({ error: { kind, message: expect.stringContaining(words) } });
  expect(JSON.stringify(outcome)).not.toContain("wrong-one");
  expect([...fake.held]).toEqual([]);
});

test.each([
  ["POST /v1/images", [413, '{"error": "too large for s3ss10n-bearer"}'], "413: too large for [MASKED]"],
  ["POST /v1/images", [502, "<html>bad gateway</html>"], "502: <html>"],
  ["POST /v1/images", [200, "{}"], "has no id"],
  ["POST /v1/auth/login", [500, ""], "it said nothing"],
] as const)("an API that answers %s with %j is the lab's trouble, in its own words", async (line, answer, words) => {
  const { outcome } = await runDeploy(await start({ answers: { [line]: answer } }));
  expect(outcome).toMatchObject({ error: { kind: "infrastructure", message: expect.stringContaining(words) } });
});

test("an API that is not there is named", async () => {
  const fake = await start();
  const { endpoint } = fake;
  await fake[Symbol.asyncDispose]();
  const { outcome } = await runDeploy({ endpoint } as FakeAvh);
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining(`${endpoint} does not answer`) },
  });
  avh = undefined;
});

const firmware = (endpoint: string): Firmware => ({
  ...{ endpoint, project: "p-1", model: "rpi4b", image: "image-1", version: "1.0.0", build: "1" },
});
const runCall = async (fake: FakeAvh, params: JsonObject = {}, more: { readonly timeouts?: JsonObject } = {}) => {
  const ran = await runPlan(callAvh({ prompts: ["# "], ...params }), {
    device: deviceAt(fake.endpoint),
    job: { secrets, ...more },
    clock: fake.makeClock(),
    slots: [[FirmwareSlot, firmware(fake.endpoint)]],
  });
  showsNoToken(ran);
  return ran;
};

test("the virtual board: made of the firmware with the block's arguments, its console open, removed at the end", async () => {
  const fake = await start({ onConsole: (socket) => socket.send("[    0.0] Linux version 6.1\r\n") });
  const ran = await runCall(fake, {
    bootargs: { normal: "console=ttyS0", restore: "init=/resize" },
    docker: { image: "websocat" },
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(JSON.parse(fake.seen.find(({ line }) => line === "POST /v1/instances")?.body ?? "")).toEqual({
    ...{
      name: expect.stringMatching(/^lava-1-/),
      project: "p-1",
      flavor: "rpi4b",
      os: "1.0.0",
      osbuild: "1",
      fwpackage: "image-1",
    },
    bootOptions: { bootArgs: "console=ttyS0", restoreBootArgs: "init=/resize" },
  });
  expect(ran.slot(SessionSlot)).toMatchObject({ prompts: [], lineSeparator: "\n" });
  expect(fake.lines.slice(-1)).toEqual(["DELETE /v1/instances/instance-1"]);
  expect([...fake.held]).toEqual([]);
});

test("a console that closes while the board is being made is opened again, and nothing that it said is lost", async () => {
  const fake = await start({
    states: ["creating", "creating", "creating", "creating", "creating", "on"],
    onConsole(socket, nth) {
      socket.send(nth === 1 ? "first boot\r\n" : "second boot\r\n");
      if (nth === 1) socket.close();
    },
  });
  const ran = await runCall(fake);
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(fake.consoles).toBe(2);
  expect(ran.log.filter(({ level }) => level === "target").map(({ message }) => message)).toEqual([
    "first boot",
    "second boot",
  ]);
});

test("a board that can't be made is told with the reason, and removed", async () => {
  const fake = await start({ states: ["creating", "error"] });
  const { outcome } = await runCall(fake);
  expect(outcome).toMatchObject({
    error: { code: "ERR_AVH_INSTANCE", kind: "infrastructure", message: expect.stringContaining("no such flavor") },
  });
  expect([...fake.held]).toEqual([]);
});

test("a board that never goes on runs into call-avh's time, and is removed", async () => {
  const fake = await start({ states: ["creating"] });
  const { outcome } = await runCall(fake, {}, { timeouts: { job: { minutes: 5 }, action: { seconds: 20 } } });
  expect(outcome).toMatchObject({ action: "call-avh", error: { code: "ERR_ACTION_TIMEOUT", kind: "infrastructure" } });
  expect([...fake.held]).toEqual([]);
});

test.each([
  ["http://x/console?token=s3ss10n-bearer", "not one of a websocket"],
  ["ws://127.0.0.1:9/console?token=s3ss10n-bearer", "can't open the console"],
])("a console at %s is told without its address", async (url, words) => {
  const fake = await start({ answers: { "GET /v1/instances/instance-1/console": [200, JSON.stringify({ url })] } });
  const { outcome } = await runCall(fake);
  expect(outcome).toMatchObject({ error: { code: "ERR_AVH_CONSOLE", message: expect.stringContaining(words) } });
  expect(JSON.stringify(outcome)).not.toContain("token=");
});

test("the overlay goes into the package's disk, in its root partition", async () => {
  const sfdisk = JSON.stringify({ partitiontable: { partitions: [{ start: 1 }, { start: 2048 }] } });
  const runner = new FakeProcessRunner()
    .answer(/./)
    .answer(/^unzip -Z1/, { stdout: "Info.plist\ndisk.img\n" })
    .answer(/^sfdisk/, { stdout: sfdisk });
  const run = (storage: string) =>
    runPlan(applyOverlayAvh({ storage_file: storage, root_partition: 1 }), {
      section: "deploy",
      slots: [file("fw_package"), [OverlaySlot, { folder: "/o", resultsDir: "/lava-1", shell: "/bin/sh" }]],
      services: [[ProcessRunnerToken, runner]],
    });
  expect((await run("disk.img")).outcome).toEqual({ result: "pass" });
  const [, unzip, , , debugfs, zip] = runner.calls.map((argv) => argv.join(" "));
  expect(unzip).toMatch(/^unzip -q -o \/jobs\/1\/fw_package.bin disk.img -d \/jobs\/1\/apply-overlay-avh-/);
  expect(debugfs).toMatch(/^debugfs -w -f .*disk.img\?offset=1048576$/);
  expect(zip).toBe("zip -q -1 /jobs/1/fw_package.bin disk.img");
  expect((await run("nand")).outcome).toMatchObject({ error: { code: "ERR_AVH_PACKAGE", kind: "job" } });
});

const names = (deployed: JsonObject, bootBlock: JsonObject, tested: boolean): readonly string[] => {
  const actions = [
    { deploy: { to: "avh", ...deployed } },
    { boot: { method: "avh", ...bootBlock } },
    ...(tested ? [{ test: { definitions: [] } }] : []),
  ];
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions };
  const lines = planText(planOf({ job, device: deviceAt("http://x"), strategies: [deploy, boot, fakeTests] })).split(
    "\n",
  );
  return lines.flatMap((line) => /^ *[12][.\d]* (\S+)/.exec(line)?.[1] ?? []);
};
const overlay = ["lava-overlay", "lava-multinode-overlay", "test-definition", "compress-overlay"];
const fetched = ["download-retry", "http-download"];
const login = ["boot-avh", "call-avh", "auto-login-action", "login-action"];
const two = { kernel: { url: "http://x/k" }, rootfs: { url: "http://x/r", root_partition: 1 } };

test.each([
  [{ images: two }, true, [...overlay, ...fetched, ...fetched, "apply-overlay-image"]],
  [{ images: two }, false, [...fetched, ...fetched]],
  [{ fw_package: { url: "http://x/f" } }, true, [...overlay, ...fetched, "apply-overlay-avh"]],
  [{ fw_package: { url: "http://x/f" } }, false, fetched],
])("the plan of %j, tested: %s", (deployed, tested, expected) => {
  const shell = tested ? ["expect-shell-connection", "export-device-env"] : [];
  expect(names(deployed, { prompts: ["# "], transfer_overlay: {} }, tested)).toEqual([
    ...["deploy-avh-retry", "deploy-avh", ...expected],
    ...[...login, ...shell],
  ]);
});

test("a device without the method is refused with the reason", () => {
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ deploy: { to: "avh" } }] };
  expect(() => planOf({ job, device: { hostname: "b" }, strategies: [deploy] })).toThrow("no deploy method 'avh'");
  const booting = { ...job, actions: [{ boot: { method: "avh" } }] };
  expect(() => planOf({ job: booting, device: { hostname: "b" }, strategies: [boot] })).toThrow("no boot method 'avh'");
});
