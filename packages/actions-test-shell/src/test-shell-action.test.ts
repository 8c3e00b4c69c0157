import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ResultRecord } from "@basalt/core";
import { inlineTest } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import { runOnShell, shellDevice } from "../fixtures/shell-device.js";

const shells = ["/bin/dash", "/bin/bash", "busybox", "/bin/mksh"].filter((shell) =>
  existsSync(shell === "busybox" ? "/bin/busybox" : shell),
);

const cases = (results: readonly ResultRecord[]): readonly string[] =>
  results
    .filter(({ definition }) => definition !== "lava")
    .map((r) => `${r.definition} ${r.set ? `${r.set}/` : ""}${r.case} ${r.result}`);

const steps = [
  "lava-test-case plain --result pass",
  "lava-test-case measured --result pass --measurement 12.5 --units MB/s",
  "lava-test-case words skip",
  "lava-test-set start group",
  "lava-test-case ok --shell true",
  "lava-test-case not-ok --shell 'echo out; false'",
  "lava-test-set stop",
  'lava-test-case "odd > name" --result fail',
  "lava-test-reference ref --result pass --reference http://x/y",
  "lava-test-event 'half way'",
  "set +x; echo '<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=raw RESULT=PASS>'; set -x",
  "lava-test-case bad --result maybe",
];

describe.each(shells)("definitions in %s", (shell) => {
  test("all that helpers say becomes results, in order", async () => {
    await using device = shellDevice(shell);
    const ran = await runOnShell(device, {
      definitions: [inlineTest("smoke", steps), inlineTest("second", ["lava-test-case two --result pass"])],
    });
    expect(ran.outcome).toEqual({ result: "pass" });
    expect(cases(ran.results)).toEqual([
      "0_smoke plain pass",
      "0_smoke measured pass",
      "0_smoke words skip",
      "0_smoke group/ok pass",
      "0_smoke group/not-ok fail",
      "0_smoke odd > name fail",
      "0_smoke ref pass",
      "0_smoke raw pass",
      "1_second two pass",
    ]);
    expect(ran.results.find((r) => r.case === "measured")).toMatchObject({ measurement: "12.5", units: "MB/s" });
    expect(ran.results.find((r) => r.case === "ref")).toMatchObject({ reference: "http://x/y" });
    expect(ran.results.find((r) => r.case === "0_smoke")).toMatchObject({
      definition: "lava",
      result: "pass",
      uuid: "42_1.1.2.1",
      path: "inline/smoke.yaml",
    });
    expect(ran.log.filter(({ level }) => level === "event")).toEqual([{ level: "event", message: "half way" }]);
    expect(ran.log.some(({ message }) => message.includes("'maybe' is not pass, fail, skip or unknown"))).toBe(true);
    // every report was answered: no helper had to repeat itself
    expect(device.typed.filter((text) => text.startsWith("#")).length).toBeGreaterThan(10);
    expect(device.typed.filter((text) => text.endsWith("-\n"))).toEqual([]);
  });

  test("a step that fails ends the definition, which fails", async () => {
    await using device = shellDevice(shell);
    const ran = await runOnShell(device, {
      definitions: [
        inlineTest("stops", ["lava-test-case one --result pass", "false", "lava-test-case two --result pass"], {
          expected: ["one", "two"],
        }),
      ],
    });
    expect(ran.outcome).toEqual({ result: "pass" });
    expect(cases(ran.results)).toEqual(["0_stops one pass", "0_stops two fail"]);
    expect(ran.results.find((r) => r.case === "0_stops")).toMatchObject({ result: "fail" });
  });

  test("a test that reads standard input sees no answers", async () => {
    await using device = shellDevice(shell);
    const ran = await runOnShell(device, {
      definitions: [
        inlineTest("reads", [
          "i=0; while [ $i -lt 20 ]; do i=$((i + 1)); lava-test-case case-$i --result pass; done",
          "if [ -t 0 ]; then stty -icanon min 0 time 2; seen=$(cat); stty icanon min 1 time 0; fi",
          'if [ -z "$seen" ]; then lava-test-case quiet --result pass; else lava-test-case "saw-$seen" --result fail; fi',
        ]),
      ],
    });
    expect(cases(ran.results)).toHaveLength(21);
    expect(cases(ran.results).at(-1)).toBe("0_reads quiet pass");
  });

  test("reports from the background, without its console, still arrive", async () => {
    await using device = shellDevice(shell);
    const ran = await runOnShell(device, {
      definitions: [
        inlineTest("background", [
          "(lava-test-case one --result pass; lava-test-case two --result fail) > /dev/null &",
          "lava-test-case three --result pass",
          "wait",
          "lava-test-case four --result pass < /dev/null | cat",
        ]),
      ],
    });
    expect([...cases(ran.results)].sort()).toEqual([
      "0_background four pass",
      "0_background one pass",
      "0_background three pass",
      "0_background two fail",
    ]);
  });

  test("many that report at the same time do not take each other's answers", async () => {
    await using device = shellDevice(shell);
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const reports = names.map(
      (name) => `(lava-test-case ${name}1 --result pass; lava-test-case ${name}2 --result pass) &`,
    );
    const ran = await runOnShell(device, {
      definitions: [inlineTest("crowd", [...reports, "wait", "lava-test-case last --result pass"])],
    });
    const wanted = [...names.flatMap((name) => [`${name}1`, `${name}2`]), "last"].map((name) => `0_crowd ${name} pass`);
    expect([...cases(ran.results)].sort()).toEqual(wanted.sort());
  });
});

test("reports under timeout(1), with an empty environment or closed descriptors still arrive, in order", async () => {
  await using device = shellDevice("/bin/dash");
  const ran = await runOnShell(device, {
    definitions: [
      inlineTest("cut-off", [
        "timeout 10 lava-test-case one --result pass",
        'env -i "$(command -v lava-test-case)" two --result pass',
        "(lava-test-case three --result pass) 7<&- 8>&-",
        "setsid -w lava-test-case four --result pass",
        "out=$(lava-test-case five --result pass)",
      ]),
    ],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(cases(ran.results)).toEqual(["one", "two", "three", "four", "five"].map((name) => `0_cut-off ${name} pass`));
});

test("install steps that fail are a test error", async () => {
  await using device = shellDevice("/bin/dash");
  const ran = await runOnShell(device, {
    definitions: [inlineTest("bad", ["true"], { install: { steps: ["false"] } })],
  });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind: "test", code: "ERR_TEST_INSTALL" } });
  expect(ran.results.find((r) => r.case === "stage_0")).toMatchObject({ result: "fail" });
});

test("lava-test-raise ends the job with a test error", async () => {
  await using device = shellDevice("/bin/dash");
  const ran = await runOnShell(device, {
    definitions: [inlineTest("raises", ["lava-test-raise 'no network > at all'"])],
  });
  expect(ran.outcome).toMatchObject({
    result: "fail",
    error: { kind: "test", code: "ERR_TEST_RAISED", message: "no network > at all" },
  });
});

test("a test that raised is run again: its helpers are answered until the shell is free", async () => {
  await using device = shellDevice("/bin/dash");
  const mark = join(device.scratch, "second-time");
  const steps = [
    "lava-test-case one --result pass",
    `if [ ! -e ${mark} ]; then touch ${mark}; lava-test-raise 'not yet'; fi`,
    "lava-test-case two --result pass",
  ];
  const ran = await runOnShell(device, { definitions: [inlineTest("again", steps)], test: { failure_retry: 2 } });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(cases(ran.results)).toEqual(["0_again one pass", "0_again one pass", "0_again two pass"]);
});

test("a test that runs out of time is blamed on the test, and keeps what it reported", async () => {
  await using device = shellDevice("/bin/dash");
  const ran = await runOnShell(device, {
    definitions: [inlineTest("hangs", ["lava-test-case one --result pass", "sleep 60"])],
    timeoutSeconds: 2,
  });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind: "test", code: "ERR_ACTION_TIMEOUT" } });
  expect(cases(ran.results)).toEqual(["0_hangs one pass"]);
  expect(ran.results.find((r) => r.case === "0_hangs")).toMatchObject({ result: "fail" });
});

test("a kernel panic ends the job within two seconds; an old one in a log does not", async () => {
  await using device = shellDevice("/bin/dash");
  const panic =
    "Kernel panic - not syncing: Attempted to kill init!\\r\\n---[ end Kernel panic - not syncing: Attempted to kill init! ]---\\r\\n";
  const ran = await runOnShell(device, {
    definitions: [
      inlineTest("panics", [`printf '${panic}'`, "lava-test-case alive --result pass", `printf '${panic}'; sleep 60`]),
    ],
  });
  expect(ran.outcome).toMatchObject({ result: "fail", error: { kind: "job", code: "ERR_KERNEL_PANIC" } });
  expect(cases(ran.results)).toEqual(["0_panics alive pass"]);
  expect(ran.results.find((r) => r.case === "kernel-messages")).toMatchObject({ result: "fail" });
  const at = ran.events.findLast((e) => e.type === "result" && e.result.case === "alive")?.at ?? 0;
  const ended = ran.events.find((e) => e.type === "result" && e.result.case === "kernel-messages")?.at ?? 0;
  expect(ended - at).toBeLessThan(2000);
});

test.each([
  ["is dead is not tried again", "---[ end Kernel panic - not syncing: x ]---", undefined, 1],
  ["reboots is: its shell may come back", "Rebooting in 1 seconds..", { result: "pass" }, 2],
])("a test whose kernel %s", async (_what, text, outcome, attempts) => {
  await using device = shellDevice("/bin/dash");
  const mark = join(device.scratch, "second-time");
  const panic = `printf 'Kernel panic - not syncing: x\\r\\n${text}\\r\\n'; sleep 2`;
  const definitions = [inlineTest("panics", [`if [ ! -e ${mark} ]; then touch ${mark}; ${panic}; fi`])];
  const ran = await runOnShell(device, { definitions, test: { failure_retry: 2 } });
  expect(ran.outcome).toMatchObject(
    outcome ?? {
      error: { kind: "job", code: "ERR_KERNEL_PANIC", message: expect.stringContaining("only a new boot") },
    },
  );
  expect(ran.results.filter((r) => r.case === "0_panics")).toHaveLength(attempts);
});

test("parameters of definition and job reach the steps, the job's last", async () => {
  await using device = shellDevice("/bin/dash");
  const entry = {
    ...inlineTest("params", ['lava-test-case "$A-$B" --result pass'], { params: { A: "it's", B: 1 } }),
    parameters: { B: true },
  };
  const ran = await runOnShell(device, { definitions: [entry] });
  expect(cases(ran.results)).toEqual(["0_params it's-True pass"]);
});
