import { expect, test } from "vitest";
import { installScript, type ScriptRequest } from "./install-script.js";
import { runScript } from "./run-script.js";
import { toTestDefinition } from "./test-definition-file.js";

const definition = toTestDefinition(
  {
    metadata: { format: "Lava-Test Test Definition 1.0", name: "smoke" },
    params: { COUNT: 3, "BAD-NAME": "x" },
    install: {
      keys: ["AB12"],
      sources: ["deb http://x/debian sid main"],
      deps: ["git", "make"],
      "deps-debian": ["ntp"],
      "deps-fedora": ["chrony"],
      steps: ["make all"],
    },
    run: { steps: ["uname -a", `lava-test-case words --shell "echo a b | awk '{print $2}'"`, "echo $1"] },
  },
  "smoke.yaml",
);
const warnings: string[] = [];
const request: ScriptRequest = {
  definition,
  jobParameters: { COUNT: "it's 4", FLAG: true },
  shell: "/bin/sh",
  folder: "/lava-42/0/tests/0_smoke",
  onWarning: (text) => warnings.push(text),
};
const parameters = `###default parameters from test definition###
COUNT='3'
######
###test parameters from job submission###
COUNT='it'"'"'s 4'
FLAG='True'
######`;

test("install.sh has keys, sources, packages of the system, and steps", () => {
  expect(installScript({ ...request, skip: new Set(), distro: "debian" })).toBe(`#!/bin/sh
set -ex
${parameters}
lava-add-keys AB12
lava-add-sources 'deb http://x/debian sid main'
lava-install-packages git make ntp
cd /lava-42/0/tests/0_smoke
pwd
make all
`);
  expect(warnings).toEqual(["parameter 'BAD-NAME' is no name that a shell takes: left out"]);
});

test.each([
  ["keys", "lava-add-keys"],
  ["sources", "lava-add-sources"],
  ["deps", "lava-install-packages"],
  ["steps", "make all"],
])("skip_install %s leaves that part out, and no other", (part, line) => {
  const whole = installScript({ ...request, skip: new Set(), distro: "debian" }).split("\n");
  const less = installScript({ ...request, skip: new Set([part]), distro: "debian" }).split("\n");
  expect(whole.filter((one) => !less.includes(one))).toEqual(whole.filter((one) => one.startsWith(line)));
});

test("run.sh has the steps between the signals of its suite; $1 is for the command that a step runs", () => {
  expect(runScript({ ...request, testName: "0_smoke", kmsg: false, characterDelayMs: 0 })).toBe(`#!/bin/sh
${parameters}
set -e
set -x
export TESTRUN_ID=0_smoke
cd /lava-42/0/tests/0_smoke
UUID="$(cat uuid)"
set +x
lava-signal STARTRUN $TESTRUN_ID $UUID
set -x
uname -a
lava-test-case words --shell "echo a b | awk '{print \\$2}'"
echo $1
set +x
lava-signal ENDRUN $TESTRUN_ID $UUID
`);
});

test("signals through the kernel's log, and slow typing, change run.sh", () => {
  const lines = runScript({ ...request, testName: "0_smoke", kmsg: true, characterDelayMs: 100 }).split("\n");
  expect(lines).toContain("# USE_KMSG");
  expect(lines).toContain("export KMSG=true");
  expect(lines.slice(lines.indexOf("export CHARACTER_DELAY=100")).slice(0, 3)).toEqual([
    "export CHARACTER_DELAY=100",
    "sleep 1",
    "lava-signal STARTRUN $TESTRUN_ID $UUID",
  ]);
});

test.each([
  ["a list", [], "a test definition is a mapping"],
  ["no metadata", { run: { steps: [] } }, "metadata is missing"],
  ["no name", { metadata: {} }, "metadata.name is missing"],
  [
    "a step that YAML read as a mapping",
    { metadata: { name: "x" }, run: { steps: [{ "echo a": "b" }] } },
    'run.steps[0] is not text but {"echo a":"b"}: put it in quotes',
  ],
  [
    "a repository without url",
    { metadata: { name: "x" }, install: { "git-repos": [{ branch: "main" }] } },
    "install.git-repos has an entry without url",
  ],
])("a definition with %s is refused in words", (_what, value, message) => {
  expect(() => toTestDefinition(value, "tests/x.yaml")).toThrow(message);
});
