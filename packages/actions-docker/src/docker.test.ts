import { DockerContainerSlot, OverlaySlot, SessionSlot } from "@basalt/actions-common";
import { type JsonObject, ProcessRunnerToken, PtySpawnerToken, toDevice, toJob } from "@basalt/core";
import { FakeProcessRunner, FakePtySpawner, fakeTests, plannedNames, runPlan, virtualSerial } from "@basalt/testing";
import { expect, test } from "vitest";
import { deployDocker, dockerRunAction } from "./docker-actions.js";
import { boot, deploy } from "./index.js";

const device: JsonObject = {
  hostname: "c",
  actions: {
    deploy: { methods: { docker: { options: { remote: "tcp://h:2376" } } } },
    boot: {
      methods: {
        docker: {
          options: {
            remote: "tcp://h:2376",
            cpus: 2.5,
            memory: 0,
            privileged: true,
            capabilities: ["NET_ADMIN"],
            devices: ["/dev/kvm"],
            networks: ["lab"],
            volumes: ["/a:/a"],
            extra_arguments: ["--init"],
          },
        },
      },
    },
  },
};
const names = (bootBlock: JsonObject, tested = true): readonly string[] => {
  const actions = [
    { deploy: { to: "docker", image: "debian:12", os: "debian" } },
    { boot: { method: "docker", command: "bash", ...bootBlock } },
    ...(tested ? [{ test: { definitions: [] } }] : []),
  ];
  return plannedNames({ actions, device, strategies: [deploy, boot, fakeTests], of: [1, 2] });
};

test("plans: the device's data first, nothing is packed, nobody logs in", () => {
  expect(names({ prompts: ["#"] })).toEqual([
    ...["deploy-docker", "deploy-device-env", "lava-overlay", "lava-multinode-overlay", "test-definition"],
    ...["boot-docker", "docker-run", "expect-shell-connection", "export-device-env"],
  ]);
  expect(names({}, false).slice(0, 3)).toEqual(["deploy-docker", "boot-docker", "docker-run"]);
});

test("a boot without its deploy is refused before anything starts", async () => {
  const params = { method: "docker", command: "bash" };
  const job = toJob({ job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ boot: params }] });
  const node = dockerRunAction({ job, block: job.blocks[0], device: toDevice(device), params } as never);
  const { outcome } = await runPlan(node, { device, services: [[PtySpawnerToken, {}]] });
  expect(outcome).toMatchObject({ error: { kind: "job", message: expect.stringContaining("no image") } });
});

test("the image is pulled by the device's daemon", async () => {
  const runner = new FakeProcessRunner().answer("docker");
  const services = [[ProcessRunnerToken, runner]] as const;
  await runPlan(deployDocker({ image: "debian:12", local: false }), { device, section: "deploy", services });
  await runPlan(deployDocker({ image: "own:1", local: true }), { device, section: "deploy", services });
  expect(runner.calls.map((argv) => argv.join(" "))).toEqual([
    "docker --host tcp://h:2376 pull debian:12",
    "docker --host tcp://h:2376 image inspect --format image own:1 exists own:1",
  ]);
});

test("the container: limits, overlay, terminal as console; removed at the end", async () => {
  const params = { method: "docker", command: "bash -c 'exec sh'", prompts: ["# "] };
  const actions = [
    { deploy: { to: "docker", image: { name: "debian:12", container_name: "mine" } } },
    { boot: params },
  ];
  const job = toJob({ job_name: "x", timeouts: { job: { minutes: 9 } }, actions });
  const pty = new FakePtySpawner(() => virtualSerial().host);
  const runner = new FakeProcessRunner().answer("docker");
  const ran = await runPlan(dockerRunAction({ job, block: job.blocks[1], device: toDevice(device), params } as never), {
    device,
    slots: [[OverlaySlot, { folder: "/j/overlay", resultsDir: "/lava-1", shell: "/bin/sh" }]],
    services: [
      [ProcessRunnerToken, runner],
      [PtySpawnerToken, pty],
    ],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(pty.spawned).toEqual([
    [
      ...[
        "docker",
        "--host",
        "tcp://h:2376",
        "run",
        "--rm",
        "--init",
        "--hostname=lava",
        "--name=mine",
        "--interactive",
        "--tty",
      ],
      "--mount=type=bind,source=/j/overlay/lava-1,destination=/lava-1",
      ...[
        "--cpus=2.5",
        "--privileged",
        "--cap-add=NET_ADMIN",
        "--device=/dev/kvm",
        "--network=lab",
        "--volume=/a:/a",
        "--init",
      ],
      ...["debian:12", "bash", "-c", "exec sh"],
    ],
  ]);
  expect(ran.slot(SessionSlot)?.prompts).toEqual(["# "]);
  expect(ran.slot(DockerContainerSlot)).toBe("mine");
  expect(runner.calls).toEqual([["docker", "--host", "tcp://h:2376", "rm", "--force", "mine"]]);
});
