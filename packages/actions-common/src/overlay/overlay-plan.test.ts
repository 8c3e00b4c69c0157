import {
  type Archiver,
  ArchiverToken,
  buildPipeline,
  DispatcherToken,
  DownloaderToken,
  defineStrategy,
  FileStoreToken,
  type JsonObject,
  type PlanRequest,
  ProcessRunnerToken,
  retry,
  sequence,
  toDevice,
  toJob,
} from "@basalt/core";
import {
  FakeDownloader,
  FakeFiles,
  FakeProcessRunner,
  fakeDispatcher,
  inlineTest,
  planText,
  runPlan,
} from "@basalt/testing";
import { expect, test } from "vitest";
import { DeploymentDataSlot, OverlayFileSlot, OverlaySlot, TestRunsSlot } from "../slots.js";
import { createOverlayPlan, environmentPlan, type OverlayOptions, overlayPlan } from "./overlay-plan.js";

const inline = inlineTest("in");
const git = {
  from: "git",
  name: "gi",
  path: "tests/smoke.yaml",
  repository: "http://git.invalid/tests.git",
  branch: "main",
  revision: "abc",
  expected: ["two"],
};
const url = { from: "url", name: "ur", path: "t.yaml", repository: "http://x.invalid/tests.tar.gz", compression: "gz" };

const tests = (method: string, needs = true) =>
  defineStrategy({
    section: "test",
    method,
    schema: {},
    traits: () => ({ needsOverlay: needs, needsDeploymentData: needs, hasShell: needs }),
    plan: () => retry("test"),
  });

interface Case {
  readonly actions?: readonly JsonObject[];
  readonly device?: JsonObject;
  readonly job?: JsonObject;
  readonly deploy?: JsonObject;
  plan?(request: PlanRequest): ReturnType<typeof sequence>;
}

const withOptions = (options: OverlayOptions) => (request: PlanRequest) =>
  sequence("deploy", overlayPlan(request, options), environmentPlan(request));

function pipeline({
  actions = [{ test: { definitions: [inline, git] } }, { test: { definitions: [url] } }],
  deploy = {},
  device = {},
  job = {},
  plan = withOptions({}),
}: Case = {}) {
  const definition = toJob({
    job_name: "x",
    timeouts: { job: { minutes: 9 } },
    ...job,
    actions: [{ deploy: { to: "it", os: "debian", timeout: { minutes: 3 }, ...deploy } }, ...actions],
  });
  const strategies = [
    defineStrategy({ section: "deploy", method: "it", schema: {}, plan }),
    tests("definitions"),
    tests("docker"),
    tests("monitors", false),
  ];
  return buildPipeline(definition, toDevice({ hostname: "board-01", devicetype: "board", ...device }), strategies);
}
const text = (options: Case = {}): string =>
  planText({ ...pipeline(options), blocks: pipeline(options).blocks.slice(0, 1) }).split(/\n2 /)[0] ?? "";

test("OVL: the definitions of all tests of the namespace, each with its four actions", () => {
  expect(
    text()
      .trim()
      .split("\n")
      .map((line) => line.trim())
      .slice(0, 20),
  ).toEqual([
    "1 deploy 3m",
    "1.1 lava-overlay 3m",
    "1.1.1 lava-multinode-overlay 3m",
    "1.1.2 test-definition 3m",
    "1.1.2.1 inline-repo-action 3m",
    "1.1.2.2 test-overlay 3m",
    "1.1.2.3 test-install-overlay 3m",
    "1.1.2.4 test-runscript-overlay 3m",
    "1.1.2.5 git-repo-action 3m",
    "1.1.2.6 test-overlay 3m",
    "1.1.2.7 test-install-overlay 3m",
    "1.1.2.8 test-runscript-overlay 3m",
    "1.1.2.9 url-repo-action 3m",
    "1.1.2.9.1 download-retry 3m",
    "1.1.2.9.1.1 http-download 3m http://x.invalid/tests.tar.gz",
    "1.1.2.10 test-overlay 3m",
    "1.1.2.11 test-install-overlay 3m",
    "1.1.2.12 test-runscript-overlay 3m",
    "1.1.3 compress-overlay 3m",
    "1.2 deploy-device-env 3m",
  ]);
});

test("ssh-authorize appears where a deploy method's name has ssh in it", () => {
  const device = { actions: { deploy: { methods: { tftp: null, openssh: null } } } };
  expect(text({ device })).toContain("1.1.1 ssh-authorize 3m");
  expect(text({ device: { actions: { deploy: { methods: { tftp: null } } } } })).not.toContain("ssh-authorize");
});

test("the variants: nothing to test, an empty node, not packed, lava-create-overlay", () => {
  const monitors = [{ test: { monitors: [] } }];
  expect(text({ actions: monitors })).not.toContain("lava-overlay");
  const empty = text({ actions: monitors, plan: withOptions({ always: true }) });
  expect(empty).toContain("1.1 lava-overlay");
  expect(empty).not.toContain("1.1.1");
  expect(text({ plan: withOptions({ compress: false }) })).not.toContain("compress-overlay");
  const create = text({
    actions: monitors,
    plan: (request) => sequence("deploy", createOverlayPlan(request, { compress: false })),
  });
  expect(create).toContain("1.1 lava-create-overlay");
  expect(create).not.toContain("compress-overlay");
});

test("a download of a definition takes the deploy block's retries", () => {
  expect(text({ deploy: { failure_retry: 3 } })).toContain("1.1.2.9.1 download-retry 3m x3");
});

const smoke = `
metadata: {format: Lava-Test Test Definition 1.0, name: smoke}
install: {git-repos: [{url: "http://git.invalid/lib.git", destination: lib}]}
run: {steps: [./run]}
parse: {fixupdict: {OK: pass}}
expected: [one]
`;

async function build(options: Case = {}, answer?: { stderr: string; code: number }) {
  const files = new FakeFiles();
  const runner = new FakeProcessRunner()
    .answer("git")
    .answer(/ clone /, async (argv) => {
      if (answer) return answer;
      await files.write(`${argv.at(-1)}/tests/smoke.yaml`, smoke);
      await files.write(`${argv.at(-1)}/.git/HEAD`, "x");
      return {};
    })
    .answer(/rev-parse/, { stdout: "0123abcd\n" });
  const archiver = {
    unpackTar: async (_file: string, folder: string) =>
      files.write(`${folder}/t.yaml`, "metadata: {name: t}\nrun: {steps: ['true']}\n"),
    packTar: async (_folder: string, file: string) => files.write(file, "packed"),
  } as unknown as Archiver;
  const downloader = new FakeDownloader(files).serve(url.repository, "archive");
  const ran = await runPlan(pipeline(options), {
    jobId: "42",
    services: [
      [FileStoreToken, files],
      [ProcessRunnerToken, runner],
      [ArchiverToken, archiver],
      [DownloaderToken, downloader],
      [DispatcherToken, fakeDispatcher({ environmentForDevice: { http_proxy: "http://p" } })],
    ],
  });
  const folder = ran.slot(OverlaySlot)?.folder ?? "";
  const read = (path: string): Promise<string> => files.readText(`${folder}/lava-42/${path}`);
  return { ran, files, runner, folder, read };
}

test("the overlay on disk: helpers, environment, definitions by stage, and what each test must know", async () => {
  const { files, folder, ran, read, runner } = await build({
    device: {
      environment: { BOARD: "a b", "no-name": 1 },
      device_info: [{ board_id: "0x1" }],
      storage_info: [{ sd: "/dev/mmcblk0" }],
    },
    job: { environment: { DEBUG: true }, tags: ["usb", "hdmi"], secrets: { API: "k'ey" } },
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(await read("environment")).toBe(
    [
      "BOARD='a b'",
      "LAVA_DEVICE_INFO_0_board_id=0x1",
      "LAVA_STORAGE_INFO_0_sd=/dev/mmcblk0",
      "DEBUG=1",
      "LAVA_JOB_ID=42",
      "LAVA_DISPATCHER_IP=10.0.0.1",
      "LAVA_JOB_TAGS='usb hdmi'",
      "LAVA_DISPATCHER_PREFIX=''",
      "LAVA_DEVICE_HOSTNAME=board-01",
      "LAVA_DEVICE_TYPE=board",
    ]
      .map((line) => `export ${line}\n`)
      .join(""),
  );
  expect(await read("secrets")).toBe(`API='k'"'"'ey'\nhttp_proxy=http://p\n`);
  expect(await read("bin/lava-test-case")).toMatch(/^#!\/bin\/bash\n/);
  expect(await read("bin/lava-target-storage")).toContain("LAVA_STORAGE='sd /dev/mmcblk0'\n");
  expect(files.files.get(`${folder}/lava-42/bin/lava-test-case`)?.mode).toBe(0o755);
  expect(await read("0/lava-test-runner.conf")).toBe("/lava-42/0/tests/0_in\n/lava-42/0/tests/1_gi\n");
  expect(await read("1/lava-test-runner.conf")).toBe("/lava-42/1/tests/2_ur\n");
  expect(await read("0/tests/1_gi/uuid")).toBe("42_1.1.2.5\n");
  expect(await read("0/tests/1_gi/testdef.yaml")).toBe(smoke);
  expect(await read("0/tests/1_gi/run.sh")).toContain("\n./run\n");
  expect(runner.calls.map((argv) => argv.join(" ")).filter((line) => line.includes("clone"))).toEqual([
    `git clone --branch=main -- ${git.repository} ${folder}/lava-42/0/tests/1_gi`,
    `git clone -- http://git.invalid/lib.git ${folder}/lava-42/0/tests/1_gi/lib`,
  ]);
  expect(
    ran.slot(TestRunsSlot)?.map(({ commitId, expected, fixup, revision, stage, testName, uuid }) => ({
      commitId,
      expected,
      fixup,
      revision,
      stage,
      testName,
      uuid,
    })),
  ).toEqual([
    {
      testName: "0_in",
      stage: 0,
      uuid: "42_1.1.2.1",
      revision: "unspecified",
      commitId: undefined,
      expected: [],
      fixup: {},
    },
    {
      testName: "1_gi",
      stage: 0,
      uuid: "42_1.1.2.5",
      revision: "abc",
      commitId: "0123abcd",
      expected: ["one", "two"],
      fixup: { OK: "pass" },
    },
    {
      testName: "2_ur",
      stage: 1,
      uuid: "42_1.1.2.9",
      revision: "unspecified",
      commitId: undefined,
      expected: [],
      fixup: {},
    },
  ]);
  expect(await files.readText(ran.slot(OverlayFileSlot) ?? "")).toBe("packed");
  expect(ran.slot(DeploymentDataSlot)?.distro).toBe("debian");
  expect(ran.log.some(({ message }) => message.includes("'no-name' is no name that a shell takes"))).toBe(true);
  expect(await files.exists(`${folder}/lava-42/bin/lava-send`)).toBe(false);
});

test("history: false clones only the newest commit and takes .git out", async () => {
  const plain = {
    from: "git",
    name: "gi",
    path: "tests/smoke.yaml",
    repository: git.repository,
    history: false,
    recursive: true,
  };
  const { files, folder, runner } = await build({ actions: [{ test: { definitions: [plain] } }] });
  expect(runner.calls.map((argv) => argv.join(" "))).toContain(
    `git clone --depth=1 --recurse-submodules -- ${git.repository} ${folder}/lava-42/0/tests/0_gi`,
  );
  expect(await files.exists(`${folder}/lava-42/0/tests/0_gi/.git`)).toBe(false);
  expect(await files.exists(`${folder}/lava-42/0/tests/0_gi/run.sh`)).toBe(true);
});

test.each([
  ["fatal: Remote branch main not found in upstream origin", "job", "ERR_GIT_NOT_FOUND"],
  ["fatal: repository 'http://git.invalid/tests.git/' not found", "job", "ERR_GIT_NOT_FOUND"],
  [
    "fatal: unable to access 'http://git.invalid/': Could not resolve host: git.invalid",
    "infrastructure",
    "ERR_GIT_CLONE",
  ],
])("a clone that fails with '%s' is blamed on the %s", async (stderr, kind, code) => {
  const { ran } = await build({ actions: [{ test: { definitions: [git] } }] }, { stderr, code: 128 });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind, code } });
});

test.each([
  ["a name with a dot", { ...inline, name: "a.b" }, "letters, digits, _ and - only"],
  ["LAVA's own name", { ...inline, name: "lava" }, "this name is LAVA's own"],
  ["a path that leaves the repository", { ...git, path: "../../etc/passwd" }, "does not name a file in its repository"],
  ["an inline definition without metadata", { ...inline, repository: { run: { steps: [] } } }, "metadata is missing"],
])("%s is refused before anything is switched on", async (_what, entry, message) => {
  const { ran } = await build({ actions: [{ test: { definitions: [entry] } }] });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind: "job", code: "ERR_JOB_INVALID" } });
  expect(ran.outcome.result === "fail" && ran.outcome.error.message).toContain(message);
});

test("a file that the repository does not have is named", async () => {
  const { ran } = await build({ actions: [{ test: { definitions: [{ ...git, path: "tests/none.yaml" }] } }] });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind: "job", code: "ERR_TESTDEF_MISSING" } });
});

test("MultiNode commands, the group and the role come only with a group", async () => {
  const protocols = {
    "lava-multinode": { target_group: "g", role: "client", group_size: 2, roles: { 41: "server", 42: "client" } },
  };
  const { read } = await build({ job: { protocols } });
  expect(await read("bin/lava-send")).toContain("LAVA_SEND");
  expect(await read("multinode-group")).toBe("41 server\n42 client\n");
  expect(await read("environment")).toContain("export LAVA_MULTINODE_ROLE='client'\n");
});
