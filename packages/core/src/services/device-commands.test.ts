import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Log } from "../run/log.js";
import { runDeviceCommands } from "./device-commands.js";
import type { ProcessResult, ProcessRunner } from "./process.js";
import { splitCommand } from "./split-command.js";

const { signal } = new AbortController();

function bench(answers: Readonly<Record<string, Partial<ProcessResult>>>) {
  const lines: string[] = [];
  const calls: string[] = [];
  const write = (text: string): number => lines.push(text);
  const log = {
    debug: write,
    info: write,
    warning: write,
    error: write,
    write: (_: string, text: string) => write(text),
  } as unknown as Log;
  const runner: ProcessRunner = {
    find: async () => undefined,
    async run(argv, { onLine }) {
      calls.push(argv.join(" "));
      const answer = { code: 0, stdout: "", stderr: "", ms: 1_700, ...answers[argv[0] ?? ""] };
      for (const line of answer.stdout.split("\n").filter(Boolean)) onLine?.(line, "stdout");
      return answer;
    },
  };
  return { lines, calls, log, runner };
}

test("logs as LAVA does", async () => {
  const { lines, log, runner } = bench({ pdu: { stdout: "outlet 3\noff\n" } });
  await runDeviceCommands(runner, ["pdu --say 'it is' off", "sleep 2"], { signal, log, what: "hard_reset" });
  expect(lines).toEqual([
    "Calling: ['pdu', '--say', 'it is', 'off']",
    ">> outlet 3",
    ">> off",
    "Returned 0 in 1 seconds",
    "Calling: ['sleep', '2']",
    "Returned 0 in 1 seconds",
  ]);
});

test("the first that fails ends the row, and its error tells what it said", async () => {
  const { calls, log, runner } = bench({ pdu: { code: 3, stderr: "no route to pdu\n" } });
  const failure = runDeviceCommands(runner, ["true", "pdu off 3", "sleep 2"], { signal, log, what: "power_off" });
  await expect(failure).rejects.toMatchObject({ code: "ERR_DEVICE_COMMAND", kind: "infrastructure" });
  await expect(failure).rejects.toThrow(/power_off failed: 'pdu off 3' ended with 3: no route to pdu/);
  expect(calls).toEqual(["true", "pdu off 3"]);
});

test("a line that can't be read runs none of them", async () => {
  for (const bad of ["pdu 'off", "  "]) {
    const { calls, log, runner } = bench({});
    const failure = runDeviceCommands(runner, ["true", bad], { signal, log, what: "power_off" });
    await expect(failure).rejects.toMatchObject({ code: "ERR_COMMAND_SYNTAX", kind: "configuration" });
    expect(calls).toEqual([]);
  }
});

test("splits as Python's shlex", () => {
  const lines = [
    "a b  c\td",
    `a 'b c' "d e"`,
    `a"b"'c'd`,
    String.raw`a\ b "c\"d" 'e\f'`,
    String.raw`"a\$b\x"`,
    `''`,
    `a "" b`,
    "http://x/?a=b&c=d;e|f",
    "a#b",
    "ä ö 'ü'",
  ];
  const script = "import sys, json, shlex\nprint(json.dumps([shlex.split(line) for line in json.load(sys.stdin)]))";
  const theirs = JSON.parse(
    execFileSync("/usr/bin/python3", ["-c", script], { input: JSON.stringify(lines), encoding: "utf8" }),
  );
  expect(lines.map(splitCommand)).toEqual(theirs);
});
