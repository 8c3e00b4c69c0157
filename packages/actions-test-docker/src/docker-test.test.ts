import { DockerContainerSlot, OverlaySlot } from "@basalt/actions-common";
import {
  ArchiverToken,
  buildPipeline,
  defineStrategy,
  FileStoreToken,
  inNamespace,
  type JsonObject,
  ProcessRunnerToken,
  PtySpawnerToken,
  sequence,
  toDevice,
  toJob,
} from "@basalt/core";
import {
  expectManifestMatches,
  FakeFiles,
  FakeProcessRunner,
  planOf,
  planText,
  runPlan,
  virtualSerial,
} from "@basalt/testing";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import plugin, { deviceEnvironment, dockerTest } from "./index.js";

test("the manifest is true", () => expectManifestMatches(packageJson, plugin));

const inline = {
  from: "inline",
  name: "smoke",
  path: "x.yaml",
  repository: { metadata: { format: "Lava-Test Test Definition 1.0", name: "smoke" }, run: { steps: ["true"] } },
};
const other = defineStrategy({
  section: "test",
  method: "definitions",
  schema: {},
  traits: () => ({ needsOverlay: true, needsDeploymentData: true, hasShell: true }),
  plan: () => sequence("other"),
});
const planLines = (block: JsonObject): readonly string[] => {
  const actions = [
    { test: { definitions: [inline] } },
    { test: { docker: { image: "debian:12" }, definitions: [inline], ...block } },
  ];
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions };
  const text = planText(planOf({ job, device: {}, strategies: [dockerTest, other] }));
  return text.split("\n").flatMap((line) => /^ *2[.\d]* (\S+)/.exec(line)?.[1] ?? []);
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
function containerShell(runner: readonly string[]) {
  const line = virtualSerial();
  const writer = line.dut.writable.getWriter();
  const say = (text: string): Promise<void> => writer.write(new TextEncoder().encode(text));
  const typed: string[] = [];
  let held = "";
  void line.dut.readable.pipeTo(
    new WritableStream({
      async write(bytes) {
        held += new TextDecoder().decode(bytes);
        for (let at = held.indexOf("\n"); at >= 0; at = held.indexOf("\n")) {
          const command = held.slice(0, at);
          held = held.slice(at + 1);
          typed.push(command);
          await say(`${command}\r\n`);
          if (command.includes("RETRUNCODE")) await say("<LAVA_SIGNAL_RETRUNCODE 0>\r\n");
          if (command.includes("lava-test-runner")) for (const text of runner) await say(`${text}\r\n`);
          await say("docker-test-shell:$ ");
        }
      },
    }),
  );
  void say("docker-test-shell:$ ");
  return { host: line.host, typed };
}

async function run(
  block: JsonObject,
  runner: FakeProcessRunner,
  said: readonly string[] = ["<LAVA_TEST_RUNNER EXIT>"],
) {
  const files = new FakeFiles();
  await files.write("/jobs/1/downloads/common/a.img", "x");
  for (const [key, value] of Object.entries({ serial: "B1", busnum: "1", devnum: "7" }))
    await files.write(`/sys/bus/usb/devices/1-1/${key}`, value);
  const shell = containerShell(said);
  const spawned: string[] = [];
  const pty = {
    async spawn(argv: readonly string[]) {
      spawned.push(argv.join(" "));
      return { ...shell.host, pid: 1, exited: new Promise(() => {}) };
    },
  };
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
      [ArchiverToken, {}],
      [FileStoreToken, files],
      [ProcessRunnerToken, runner],
      [PtySpawnerToken, pty],
    ],
  });
  const folder = ran.slot(OverlaySlot, "docker-test-shell")?.folder ?? "";
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
