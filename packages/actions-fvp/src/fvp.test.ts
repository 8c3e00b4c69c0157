import { DockerContainerSlot, SessionSlot } from "@basalt/actions-common";
import { DownloaderToken, inNamespace, type JsonObject, ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import {
  FakeDownloader,
  FakeProcessRunner,
  FakePtySpawner,
  fakeTests,
  fastClock,
  planOf,
  planText,
  runPlan,
  ScriptedBoard,
  type ScriptStep,
} from "@basalt/testing";
import { expect, test } from "vitest";
import { boot as fvpBoot, deploy as fvpDeploy } from "./index.js";

const device: JsonObject = {
  hostname: "model-01",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  actions: {
    boot: { methods: { fvp: { options: { cpus: 2, memory: 0, privileged: false, devices: [], volumes: ["/l:/l"] } } } },
  },
};
const deploy = { to: "fvp", images: { bl1: { url: "http://x/bl1.bin" }, disk: { url: "http://x/disk.img" } } };
const block = {
  method: "fvp",
  docker: { name: "lab/fvp:11", local: true },
  image: "/opt/FVP_Base",
  arguments: ["-C disk={DISK}", "--data={bl1}@0x0", "", "-C dir='{ARTIFACT_DIR}/a b'"],
  console_string: "terminal_0: Listening for serial connection on port (?P<PORT>\\d+)",
};
const strategies = [fvpDeploy, fvpBoot, fakeTests];
const jobOf = (boot: JsonObject, more: readonly JsonObject[] = [], first: JsonObject = deploy): JsonObject => ({
  job_name: "x",
  timeouts: { job: { hours: 1 }, action: { minutes: 5 } },
  actions: [{ deploy: first }, { boot: { ...block, ...boot } }, ...more],
});
const treeOf = (boot: JsonObject, tested = false): readonly string[] =>
  planText(planOf({ job: jobOf(boot, tested ? [{ test: { definitions: [] } }] : []), device, strategies }))
    .split("\n")
    .flatMap((line) => /^ *2([.\d]* \S+)/.exec(line)?.[1]?.replace(/^\S* /, "") ?? []);

const main = ["boot-fvp", "boot-fvp-main", "check-fvp-version", "run-fvp"];
const telnet = ["fvp-serial-connect", "read-feedback"];
const login = ["read-feedback", "auto-login-action", "login-action"];
const transfer_overlay = { download_command: "wget", unpack_command: "tar" };

test.each<[JsonObject, boolean, readonly string[]]>([
  [{}, true, [...main, ...telnet]],
  [{ prompts: ["#"] }, false, [...main, ...telnet, ...login]],
  [{ prompts: ["#"], transfer_overlay }, false, [...main, ...telnet, ...login]],
  [{ prompts: ["#"] }, true, [...main, ...telnet, ...login, "expect-shell-connection"]],
  [
    { prompts: ["#"], transfer_overlay },
    true,
    [...main, ...telnet, ...login, "expect-shell-connection", "overlay-unpack"],
  ],
  [{ prompts: ["#"], use_telnet: false }, false, [...main, ...login]],
  [{ use_telnet: false, erpc_app: "app" }, false, [...main, "run-fvp-erpc-app"]],
  [{ commands: ["ls"], erpc_app: "app" }, false, [...main, ...telnet, "run-fvp-erpc-app", "run-fvp-shell-commands"]],
])("the plan of %j, with tests %s", (boot, tested, expected) => {
  expect(treeOf(boot, tested)).toEqual(expected);
});

test("a device without models, and a block without one, are refused; retries divide the block's time", () => {
  const { image: _none, ...without } = { ...block };
  const job = { ...jobOf({}), actions: [{ boot: without }] };
  expect(() => planOf({ job, device, strategies })).toThrow(/no 'image'/);
  expect(() => planOf({ job: jobOf({}), device: {}, strategies })).toThrow(/no boot method 'fvp'/);
  const text = planText(planOf({ job: jobOf({ failure_retry: 2, timeout: { minutes: 4 } }), device, strategies }));
  expect(text).toContain("2 boot-fvp 4m x2\n  2.1 boot-fvp-main 2m\n");
});

type Scripts = Readonly<Record<string, readonly ScriptStep[]>>;

/** Terminals of the model and of telnet to its ports: one record of scripts for each attempt, the last one for all further ones. */
function terminals(...attempts: readonly Scripts[]) {
  const boards: ScriptedBoard[] = [];
  let attempt = -1;
  const pty = new FakePtySpawner((argv) => {
    const isModel = argv.includes("/opt/FVP_Base");
    if (isModel) attempt++;
    const scripts = attempts[Math.min(attempt, attempts.length - 1)];
    const board = new ScriptedBoard(scripts?.[isModel ? "model" : (argv.at(-1) ?? "")] ?? []);
    boards.push(board);
    const line = board.connect();
    board.powerOn();
    return line;
  });
  return { pty, boards };
}
const listening =
  "terminal_1: Listening for serial connection on port 5001\r\nterminal_0: Listening for serial connection on port 5000\r\n";
const up: readonly ScriptStep[] = [{ say: listening }];
const kernel: readonly ScriptStep[] = [{ say: "Linux version 6.1\r\nlogin: " }, { hear: "root\n" }, { say: "~# " }];
const works = { model: up, "5000": kernel, "5001": [{ say: "secure world\r\n" }] };
const boots = { prompts: ["~# "], auto_login: { login_prompt: "login:", username: "root" } };
const feedbacks = ["(?P<NAME>terminal_1): Listening for serial connection on port (?P<PORT>\\d+)"];
const docker = (): FakeProcessRunner =>
  new FakeProcessRunner()
    .answer("docker")
    .answer(/--version$/, { stdout: "Fast Models [11.24.11 (Nov  6 2023)]\nArm\n" });

async function run(
  boot: JsonObject,
  { model = terminals(works), runner = docker(), first = deploy as JsonObject } = {},
) {
  const ran = await runPlan(planOf({ job: jobOf(boot, [], first), device, strategies }), {
    clock: fastClock(100),
    slots: [[inNamespace(DockerContainerSlot, "net"), "lava-net"]],
    services: [
      [ProcessRunnerToken, runner],
      [PtySpawnerToken, model.pty],
      [DownloaderToken, new FakeDownloader().serve("http://x/bl1.bin", "b").serve("http://x/disk.img", "d")],
    ],
  });
  const { pty, boards } = model;
  expect(pty.closed.length).toBe(pty.opened.length);
  return {
    ...ran,
    spawned: pty.spawned.map((argv) => argv.join(" ")),
    typed: boards.map((board) => board.typed),
    calls: runner.calls.map((argv) => argv.join(" ")),
  };
}
const folder = "/jobs/1/1-fvp-deploy";
const limits = "--cpus=2 --volume=/l:/l";
const started = (more: string): string =>
  `docker run --rm --init --hostname=lava --name=lava-docker-fvp-1-2.1.2 ${limits} --mount=type=bind,source=${folder},destination=${folder} ${more}--detach lab/fvp:11 sleep infinity`;
const words = `-C disk=${folder}/disk/disk.img --data=${folder}/bl1/bl1.bin@0x0 -C dir=${folder}/a b`;

test("the model runs in its container, its terminals are opened, and somebody logs in", async () => {
  const { outcome, calls, spawned, typed, log, slot, results } = await run({ ...boots, feedbacks });
  expect(outcome).toEqual({ result: "pass" });
  const version = `docker run --rm --init --hostname=lava --name=lava-docker-fvp-version-1-2.1.1 ${limits} lab/fvp:11`;
  expect(calls).toEqual([
    "docker image inspect --format image lab/fvp:11 exists lab/fvp:11",
    `${version} /opt/FVP_Base --version`,
    started(""),
    "docker rm --force lava-docker-fvp-1-2.1.2",
  ]);
  const exec = "docker exec --interactive --tty lava-docker-fvp-1-2.1.2";
  expect(spawned).toEqual([
    `${exec} /opt/FVP_Base ${words}`,
    `${exec} telnet localhost 5001`,
    `${exec} telnet localhost 5000`,
  ]);
  expect(typed).toEqual(["", "", "root\n"]);
  expect(log).toContainEqual({ level: "feedback", message: "secure world" });
  expect(log.filter(({ level }) => level === "target").map(({ message }) => message)).toContain("Linux version 6.1");
  expect(slot(SessionSlot)?.prompts).toEqual(["~# "]);
  const found = results.find((result) => result.case === "check-fvp-version");
  expect(found?.extra).toEqual({ "fvp-version": "Fast Models [11.24.11 (Nov  6 2023)]" });
});

test("without telnet the model's own output is the console", async () => {
  const own = [{ say: "booting\r\n" }, ...kernel];
  const boot = { ...boots, use_telnet: false, console_string: "booting", feedbacks };
  const { outcome, spawned, typed } = await run(boot, { model: terminals({ model: own }) });
  expect(outcome).toEqual({ result: "pass" });
  expect(spawned).toHaveLength(1);
  expect(typed[0]).toBe("root\n");
});

test.each([
  ["AB-12", "armlm activate --code AB-12"],
  ["/lic/ubl.lic", "armlm import --file /lic/ubl.lic"],
])("variables, another container's network, and the user-based license %s", async (ubl_license, line) => {
  const runner = docker();
  const boot = {
    docker: { name: "lab/fvp:11", local: true, container_name: "model", network_from: "net" },
    license_variable: "ARMLMD_LICENSE_FILE=8224@lic",
    environment: ["A=1", "B=x y"],
    ubl_license,
  };
  const { calls } = await run(boot, { runner });
  const start = calls.find((call) => call.includes("--detach"));
  expect(start).toContain("--name=model --network=container:lava-net ");
  expect(start).toContain(" --env-file=/dev/stdin --detach lab/fvp:11");
  // no process list shows the variables
  expect(calls.join("\n")).not.toContain("8224@lic");
  const [input] = runner.options.flatMap((options) => options.input ?? []);
  expect(input).toBe("ARMLMD_LICENSE_FILE=8224@lic\nA=1\nB=x y\n");
  expect(calls.slice(-2)).toEqual([`docker exec model ${line}`, "docker rm --force model"]);
});

test("a variable of several lines is refused: docker can't read it", async () => {
  const { outcome } = await run({ environment: ["A=1\nB=2"] });
  expect(outcome).toMatchObject({
    result: "fail",
    error: { kind: "job", message: expect.stringContaining("line break") },
  });
});

test("programs of the job in the container; where one fails, that is the job's", async () => {
  const boot = { erpc_app: "{BL1} --port 1", commands: ["cp trace.log '{ARTIFACT_DIR}' && ls", "true"] };
  const runner = docker();
  const good = await run(boot, { runner });
  expect(good.outcome).toEqual({ result: "pass" });
  const name = "lava-docker-fvp-1-2.1.2";
  expect(runner.calls.slice(3, 6)).toEqual([
    ["docker", "exec", name, `${folder}/bl1/bl1.bin`, "--port", "1"],
    ["docker", "exec", name, "sh", "-c", `cp trace.log '${folder}' && ls`],
    ["docker", "exec", name, "sh", "-c", "true"],
  ]);
  const bad = await run(boot, { runner: docker().answer(/cp trace/, { code: 1, stderr: "no trace.log" }) });
  expect(bad.outcome).toMatchObject({
    action: "run-fvp-shell-commands",
    error: { kind: "job", code: "ERR_FVP_COMMAND", message: expect.stringContaining("no trace.log") },
  });
  expect(bad.calls.at(-1)).toBe(`docker rm --force ${name}`);
});

test("images of one folder, and those of another deploy method, are where they are", async () => {
  const flat = await run({ use_telnet: false }, { first: { ...deploy, uniquify: false } });
  expect(flat.spawned[0]).toContain(`disk=${folder}/disk.img`);
});

test("a silent model ends in the action that waits; its container is gone", async () => {
  const { outcome, calls } = await run({ timeout: { seconds: 5 } }, { model: terminals({}) });
  expect(outcome).toMatchObject({ action: "run-fvp", error: { code: "ERR_ACTION_TIMEOUT", kind: "job" } });
  expect(calls.at(-1)).toBe("docker rm --force lava-docker-fvp-1-2.1.2");
});

test("a model that hangs is started again, and what it said before counts for nothing", async () => {
  const model = terminals({ model: up, "5000": [{ say: "Linux version 6.1\r\n" }] }, works);
  const timeouts = { "login-action": { seconds: 2 }, "auto-login-action": { seconds: 3 } };
  const { outcome, calls } = await run({ ...boots, failure_retry: 2, timeouts }, { model });
  expect(outcome).toEqual({ result: "pass" });
  expect(calls.filter((call) => call.includes("rm --force"))).toHaveLength(2);
});

test("a model that ends, and a terminal that closes, are the lab's fault", async () => {
  const model = await run({}, { model: terminals({ model: ["unplug"] }) });
  expect(model.outcome).toMatchObject({
    action: "run-fvp",
    error: {
      code: "ERR_CONNECTION_CLOSED",
      kind: "infrastructure",
      message: expect.stringContaining("terminal_0: Listening"),
    },
  });
  const terminal = await run(boots, { model: terminals({ model: up, "5000": ["unplug"] }) });
  expect(terminal.outcome).toMatchObject({ error: { code: "ERR_CONNECTION_CLOSED", kind: "infrastructure" } });
});

test("another version, a container that does not start, a version that never comes", async () => {
  const other = await run({ version_string: "Foundation Platform.*" });
  expect(other.outcome).toMatchObject({
    action: "check-fvp-version",
    error: { code: "ERR_FVP_VERSION", message: expect.stringContaining("Fast Models [11.24.11") },
  });
  const full = await run({}, { runner: docker().answer(/sleep infinity$/, { code: 125, stderr: "no such image" }) });
  expect(full.outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("no such image") },
  });
  const hung = await run({ timeout: { seconds: 5 } }, { runner: docker().stall(/--version$/) });
  expect(hung.outcome).toMatchObject({ action: "check-fvp-version", error: { code: "ERR_ACTION_TIMEOUT" } });
  expect(hung.calls.at(-1)).toBe("docker rm --force lava-docker-fvp-version-1-2.1.1");
});

test.each<[JsonObject, string]>([
  [{ docker: {} }, "runs a container"],
  [{ console_string: "" }, "console_string is empty"],
  [{ image: "" }, "has no words"],
  [{ arguments: ["-C 'a"] }, "-C 'a"],
  [{ console_string: "port \\d+" }, "no group PORT"],
  [{ feedbacks: ["(?P<PORT>\\d+)"] }, "no group NAME"],
  [{ console_string: "(" }, "("],
])("%j is refused before anything runs", async (boot, text) => {
  const { outcome, calls, spawned } = await run(boot);
  expect(outcome).toMatchObject({ error: { kind: "job", message: expect.stringContaining(text) } });
  expect([...calls, ...spawned]).toEqual([]);
});

test("a worker without docker is told so", async () => {
  const { outcome } = await run({}, { runner: new FakeProcessRunner() });
  expect(outcome).toMatchObject({ error: { code: "ERR_TOOL_MISSING", kind: "infrastructure" } });
});
