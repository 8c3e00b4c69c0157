import { DockerContainerSlot, OverlaySlot } from "@basalt/actions-common";
import {
  ArchiverToken,
  buildPipeline,
  FileStoreToken,
  inNamespace,
  type JsonObject,
  ProcessRunnerToken,
  PtySpawnerToken,
  toDevice,
  toJob,
} from "@basalt/core";
import {
  FakeArchiver,
  FakeFiles,
  FakeProcessRunner,
  FakePtySpawner,
  FakeShell,
  fakeTests,
  inlineTest,
  plannedNames,
  plugUsb,
  runPlan,
} from "@basalt/testing";
import { expect, test } from "vitest";
import { deviceEnvironment, dockerTest } from "./index.js";

const inline = inlineTest("smoke");
const planLines = (block: JsonObject): readonly string[] => {
  const actions = [
    { test: { definitions: [inline] } },
    { test: { docker: { image: "debian:12" }, definitions: [inline], ...block } },
  ];
  return plannedNames({ actions, device: {}, strategies: [dockerTest, fakeTests], of: 2 });
};
const definition = ["inline-repo-action", "test-overlay", "test-install-overlay", "test-runscript-overlay"];
const overlay = ["lava-create-overlay", "lava-multinode-overlay", "test-definition", ...definition, ...definition];
const head = ["lava-docker-test", "lava-docker-test-set-environment", ...overlay];

test("the plan has all definitions of the namespace, and packs nothing", () => {
  expect(planLines({})).toEqual([...head, "lava-docker-test-shell", "read-feedback"]);
  expect(planLines({ disconnect_connection: true, role: ["a"] })).toEqual([
    ...[...head, "disconnect-device", "lava-multinode-docker-test-shell", "read-feedback"],
  ]);
});

test("what a test is told of the device", () => {
  const device = toDevice({
    adb_serial_number: "ABC1",
    board_id: "B1",
    character_delays: { boot: 10 },
    commands: {
      hard_reset: ["pdu off", "pdu on"],
      power_off: "pdu off",
      connections: { uart0: { connect: "telnet a 1", tags: ["primary"] }, "uart-1": { connect: "telnet a 2" } },
    },
  });
  expect(deviceEnvironment(device)).toEqual({
    ANDROID_SERIAL: "ABC1",
    LAVA_BOARD_ID: "B1",
    LAVA_HARD_RESET_COMMAND: "pdu off && pdu on",
    LAVA_POWER_OFF_COMMAND: "pdu off",
    LAVA_BOOT_CHARACTER_DELAYS: "10",
    LAVA_CONNECTION_COMMAND: "telnet a 1",
    LAVA_CONNECTION_COMMAND_UART0: "telnet a 1",
    LAVA_CONNECTION_COMMAND_UART_1: "telnet a 2",
  });
});

/** A container's shell: echoes, and knows the two commands whose answers count. */
const containerShell = (runner: readonly string[]) =>
  new FakeShell((command) => {
    const status = command.includes("RETRUNCODE") ? ["<LAVA_SIGNAL_RETRUNCODE 0>"] : [];
    const said = command.includes("lava-test-runner") ? runner : status;
    return [command, ...said, "docker-test-shell:$ "].join("\r\n");
  }, "docker-test-shell:$ ");

async function run(
  block: JsonObject,
  runner: FakeProcessRunner,
  said: readonly string[] = ["<LAVA_TEST_RUNNER EXIT>"],
) {
  const files = new FakeFiles();
  await files.write("/jobs/1/downloads/common/a.img", "x");
  plugUsb(files, { serial: "B1" });
  const shell = containerShell(said);
  const pty = new FakePtySpawner(() => shell.line);
  const device = {
    hostname: "b",
    board_id: "B1",
    commands: { power_off: "pdu --pass 'secret' off" },
    actions: { test: { methods: { docker: { global_options: ["--tls", null], options: [["--cpus", "2"], null] } } } },
  };
  const job = toJob({
    job_name: "x",
    timeouts: { job: { minutes: 9 } },
    actions: [{ test: { docker: { image: "debian:12" }, definitions: [inline], ...block } }],
  });
  const ran = await runPlan(buildPipeline(job, toDevice(device), [dockerTest]), {
    jobId: "42",
    slots: [[inNamespace(DockerContainerSlot, "host"), "other-container"]],
    services: [
      [ArchiverToken, new FakeArchiver(files)],
      [FileStoreToken, files],
      [ProcessRunnerToken, runner],
      [PtySpawnerToken, pty],
    ],
  });
  const folder = ran.slot(OverlaySlot, "docker-test-shell")?.folder ?? "";
  const spawned = pty.spawned.map((argv) => argv.join(" "));
  return { ...ran, files, folder, spawned, typed: shell.typed, calls: runner.calls.map((argv) => argv.join(" ")) };
}

test("the container has overlay, downloads and the board; the stage runs in it; it goes afterwards", async () => {
  const ran = await run({}, new FakeProcessRunner().answer("docker"), [
    "<LAVA_SIGNAL_STARTRUN 0_smoke 42_1.2.2.1>",
    "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=one RESULT=pass>",
    "<LAVA_SIGNAL_ENDRUN 0_smoke 42_1.2.2.1>",
    "<LAVA_TEST_RUNNER EXIT>",
  ]);
  expect(ran.outcome).toEqual({ result: "pass" });
  const name = "lava-docker-test-shell-42-1.3";
  expect(ran.spawned).toEqual([
    `docker --tls run --rm --init --hostname=lava --name=${name} --interactive --tty --cpus 2 --device=/dev/bus/usb/001/007 ` +
      `--mount=type=bind,source=${ran.folder}/lava-42,destination=/lava-42 ` +
      "--mount=type=bind,source=/jobs/1/downloads/common,destination=/lava-downloads " +
      "--env=PS1=docker-test-shell:$  debian:12 bash --norc -i",
  ]);
  expect(ran.calls).toEqual(["docker --tls pull debian:12", `docker --tls rm --force ${name}`]);
  expect(ran.typed).toContain("/lava-42/bin/lava-test-runner /lava-42/0");
  const environment = await ran.files.readText(`${ran.folder}/lava-42/environment`);
  expect(environment).toContain("export LAVA_POWER_OFF_COMMAND=");
  expect(ran.results.some((r) => r.definition === "0_smoke" && r.case === "one" && r.result === "pass")).toBe(true);
});

test("an account, a name, another's network", async () => {
  const docker = {
    image: "r/x:1",
    container_name: "mine",
    network_from: "host",
    login: { registry: "r", user: "u", password: "pw" },
  };
  const runner = new FakeProcessRunner().answer("docker");
  const ran = await run({ docker }, runner);
  expect(ran.calls[0]).toBe("docker --tls login --username u --password-stdin r");
  expect(runner.options[0]?.input).toBe("pw");
  expect(ran.spawned[0]).toContain("--name=mine");
  expect(ran.spawned[0]).toContain("--network=container:other-container");
});

test("an image that is not there ends the test before a container starts", async () => {
  const runner = new FakeProcessRunner().answer("docker").answer(/inspect/, { code: 1, stderr: "No such image: x1" });
  const ran = await run({ docker: { image: "x1", local: true } }, runner);
  expect(ran.outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("No such image") },
  });
  expect(ran.spawned).toEqual([]);
});
