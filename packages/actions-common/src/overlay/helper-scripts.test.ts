import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toDevice } from "@basalt/core";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { helperFiles } from "./helper-files.js";
import { commonScripts, multinodeScripts } from "./helper-scripts.js";
import { checksum } from "./signals/checksum.js";
import { readSignal } from "./signals/signal.js";

const scratch = mkdtempSync(join(tmpdir(), "basalt-helpers-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const shells = [
  ["dash", "/bin/dash"],
  ["bash", "/bin/bash"],
  ["busybox", "/bin/busybox"],
  ["mksh", "/bin/mksh"],
].filter(([, path]) => existsSync(path ?? "")) as [string, string][];

const device = toDevice({
  parameters: { interfaces: { target: { ip: "10.0.0.9", mac: "00:11" } } },
  storage_info: [{ sd: "/dev/mmcblk0" }, { usb: "/dev/sda" }],
});

/** The overlay's bin, for a shell; `run` runs a command line with it in PATH. */
function bin([name, path]: [string, string]) {
  const folder = join(scratch, name, "lava-1");
  mkdirSync(join(folder, "bin"), { recursive: true });
  const shell = name === "busybox" ? `${path} sh` : path;
  for (const [file, text] of helperFiles({ ...commonScripts, ...multinodeScripts }, shell, device)) {
    writeFileSync(join(folder, "bin", file), text);
    chmodSync(join(folder, "bin", file), 0o755);
  }
  const run = (line: string, input = "") => {
    const [program = "", ...args] = shell.split(" ");
    const env = {
      PATH: `${join(folder, "bin")}:/usr/bin:/bin`,
      SHELL: "/bin/sh",
      LAVA_MULTI_NODE_CACHE: join(folder, "cache"),
    };
    const { status, stderr, stdout } = spawnSync(program, [...args, "-c", line], { encoding: "utf8", env, input });
    return { status, stdout, stderr };
  };
  return { folder, run };
}

test("the code carries the scripts as they stand in lava-test-shell", async () => {
  const embed = "../../../../tools/embed-test-shell.mjs";
  const { embedded } = (await import(embed)) as { embedded(): string };
  expect(readFileSync(new URL("./helper-scripts.ts", import.meta.url), "utf8")).toBe(embedded());
});

test("shellcheck has nothing to say", ({ skip }) => {
  if (!existsSync("/usr/bin/shellcheck")) skip("shellcheck is not installed");
  const folder = new URL("../../lava-test-shell/", import.meta.url).pathname;
  const files = [
    ...Object.keys(commonScripts).map((name) => `common/${name}`),
    ...Object.keys(multinodeScripts).map((name) => `multinode/${name}`),
  ];
  const { stdout } = spawnSync("shellcheck", ["-x", "-P", "SCRIPTDIR", ...files], { cwd: folder, encoding: "utf8" });
  expect(stdout).toBe("");
}, 60_000);

describe.each(shells)("%s", (name, path) => {
  const { folder, run } = bin([name, path]);

  test("outside a runner of ours, signals are LAVA's", () => {
    expect(run("lava-test-case one --result pass --measurement 3 --units s").stdout).toBe(
      "<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=one RESULT=pass UNITS=s MEASUREMENT=3>\n",
    );
    expect(run("lava-test-case two fail").stdout).toBe("<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=two RESULT=fail>\n");
    expect(run("lava-test-case three --shell 'exit 3'").stdout).toBe(
      "<LAVA_SIGNAL_STARTTC three>\n<LAVA_SIGNAL_ENDTC three>\n<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=three RESULT=fail>\n",
    );
    expect(run("lava-test-set start a; lava-test-set stop").stdout).toBe(
      "<LAVA_SIGNAL_TESTSET START a>\n<LAVA_SIGNAL_TESTSET STOP>\n",
    );
    expect(run("lava-test-reference r --reference http://x --result pass").stdout).toBe(
      "<LAVA_SIGNAL_TESTREFERENCE r pass http://x>\n",
    );
    expect(
      run("lava-test-raise no network; lava-test-event half way; lava-test-feedback --namespace target").stdout,
    ).toBe("<LAVA_SIGNAL_TESTRAISE no network>\n<LAVA_SIGNAL_TESTEVENT half way>\n<LAVA_SIGNAL_TESTFEEDBACK target>\n");
  });

  test("a file can be a test case's log", () => {
    writeFileSync(join(folder, "log"), "line of a log\n");
    expect(run(`lava-test-case one --result pass --output ${join(folder, "log")}`).stdout).toBe(
      "<LAVA_SIGNAL_STARTTC one>\nline of a log\n<LAVA_SIGNAL_ENDTC one>\n<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=one RESULT=pass>\n",
    );
  });

  test.each([
    "lava-test-case",
    "lava-test-case x",
    "lava-test-case x --result",
    "lava-test-case x --what y",
    "lava-test-set begin",
    "lava-test-reference x",
    "lava-test-raise",
    "lava-send",
    "lava-test-runner /nowhere",
  ])("wrong use is told and fails: %s", (line) => {
    const { status, stderr, stdout } = run(line);
    expect(status).toBe(1);
    expect(stderr).toContain("usage:");
    expect(stdout).not.toContain("<LAVA_SIGNAL");
  });

  test("whatever is reported arrives as it was said", () => {
    mkdirSync(join(folder, "signals"), { recursive: true });
    const value = fc.string({
      unit: fc.constantFrom(..."abz09 <>%\\$\"'`*?[]~#=\t\n\rä€"),
      minLength: 1,
      maxLength: 12,
    });
    fc.assert(
      fc.property(value, fc.constantFrom("pass", "fail"), (id, result) => {
        if (id.startsWith("--")) return;
        const quoted = `'${id.replaceAll("'", `'"'"'`)}'`;
        const read = readSignal(run(`lava-test-case ${quoted} --result ${result}`).stdout.trimEnd());
        expect(read).toMatchObject({
          state: "whole",
          signal: { kind: "TESTCASE", words: [`TEST_CASE_ID=${id}`, `RESULT=${result}`] },
        });
      }),
      { numRuns: process.env.BASALT_SOAK === "1" ? 500 : 15 },
    );
    rmSync(join(folder, "signals"), { recursive: true });
  });

  test("the shell's checksum is ours", () => {
    const texts = [
      "",
      "17? TESTCASE TEST_CASE_ID=x RESULT=pass",
      "~ !\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}",
      "grüße → 世界",
      "x".repeat(700),
    ];
    for (const text of texts) {
      const line = `lava_x='${text.replaceAll("'", `'"'"'`)}'; . ${folder}/bin/lava-common; lava_checksum "$lava_x"; echo $lava_sum`;
      expect(run(line).stdout.trim(), text).toBe(String(checksum(text)));
    }
  });

  test("what the device's dictionary names can be asked for", () => {
    expect(run("lava-target-ip; lava-target-mac; lava-target-storage usb").stdout).toBe("10.0.0.9\n00:11\n/dev/sda\n");
    expect(run("lava-target-storage").stdout).toBe("sd /dev/mmcblk0\nusb /dev/sda\n");
    expect(run("lava-probe-ip").status).toBe(1);
    expect(run("lava-echo-ipv4 lo").stdout.trim() || "127.0.0.1").toBe("127.0.0.1");
    expect(run("lava-echo-ipv4 nosuch0").status).toBe(1);
    expect(run("lava-os-build").stdout.trim()).not.toBe("");
  });

  test("a background process is started, stopped and its output shown", () => {
    const { status, stdout } = run(
      `lava-background-process-start bg --cmd 'echo started; exec sleep 100'; while [ ! -s ${folder}/results/background/bg.log ]; do :; done; lava-background-process-stop bg`,
    );
    expect({ status, stdout }).toEqual({ status: 0, stdout: "started\n" });
    expect(run("lava-background-process-stop bg").status).toBe(1);
  });

  test("MultiNode commands ask the host and take its answer", () => {
    expect(run("lava-send ready ip=10.0.0.2").stdout).toBe("<LAVA_MULTI_NODE> <LAVA_SEND ready ip=10.0.0.2>\n");
    expect(
      run("lava-wait ready; cat $LAVA_MULTI_NODE_CACHE", "noise\n<LAVA_WAIT_COMPLETE 41:ip=10.0.0.2 41:x=y>\n").stdout,
    ).toBe("<LAVA_MULTI_NODE> <LAVA_WAIT ready>\n41:ip=10.0.0.2\n41:x=y\n");
    expect(run("lava-sync here", "<LAVA_SYNC_COMPLETE>\n").status).toBe(0);
    expect(run("lava-wait-all here server", "<LAVA_WAIT_ALL_COMPLETE nack>\n").status).toBe(1);
    writeFileSync(join(folder, "multinode-group"), "41 server\n42 client\n43 client\n");
    expect(run("lava-group client; lava-role list").stdout).toBe("42\n43\nclient\nserver\n");
    expect(run("lava-group").stdout).toBe("41\tserver\n42\tclient\n43\tclient\n");
  });
});
