import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProcessRunner, systemClock } from "@basalt/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processRunner } from "../process/process-runner.js";
import { acceleration } from "./acceleration.js";
import { guestImage } from "./guest.js";

const real = processRunner();
const { signal } = new AbortController();
const hasQemu = (await real.find("qemu-system-x86_64")) !== undefined && process.arch === "x64";
const hasBinutils = (await real.find("as")) !== undefined && process.arch === "x64";

let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "basalt-kvm-test-"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

/** A runner that counts and changes the real one's commands. */
function spy(change: (argv: readonly string[]) => readonly string[] = (argv) => argv) {
  const calls: (readonly string[])[] = [];
  const runner: ProcessRunner = {
    find: real.find,
    run: (argv, options) => {
      calls.push(argv);
      return real.run(change(argv), options);
    },
  };
  return { calls, runner };
}
const common = () => ({ clock: systemClock, cacheFolder: base, device: "/dev/null", accelerator: "tcg" });

test.runIf(hasQemu)("a guest that gets to its end: usable; the answer is kept for this boot", async () => {
  const { calls, runner } = spy();
  expect(await acceleration({ runner, ...common(), limitMs: 30_000 }).kvm({ signal })).toEqual({
    usable: true,
    reason: "a probe guest ran under it",
  });
  expect(await acceleration({ runner, ...common() }).kvm({ signal })).toMatchObject({ usable: true });
  expect(calls).toHaveLength(1);
  await writeFile(
    join(base, "tcg.json"),
    (await readFile(join(base, "tcg.json"), "utf8")).replace(/"identity":"./, '"identity":"x'),
  );
  await acceleration({ runner, ...common(), limitMs: 30_000 }).kvm({ signal });
  expect(calls).toHaveLength(2);
});

test.runIf(hasQemu)("a guest that hangs, and a QEMU that refuses: not usable, with the reason", async () => {
  // -S: the guest never takes its first step
  const hung = spy((argv) => [...argv, "-S"]);
  const answer = await acceleration({ runner: hung.runner, ...common(), limitMs: 300 }).kvm({ signal });
  expect(answer).toEqual({ usable: false, reason: expect.stringContaining("a probe guest hung") });
  const refused = acceleration({ runner: real, ...common(), accelerator: "no-such" });
  expect(await refused.kvm({ signal })).toEqual({
    usable: false,
    reason: expect.stringMatching(/QEMU ended with status 1: /),
  });
});

test("no device node: not usable, and nothing is started", async () => {
  const { calls, runner } = spy();
  const answer = await acceleration({ runner, ...common(), device: join(base, "kvm") }).kvm({ signal });
  expect(answer).toMatchObject({ usable: false });
  expect(calls).toHaveLength(0);
});

test.runIf(hasBinutils)("the bytes are those of guest.s", () => {
  const source = join(import.meta.dirname, "guest.s");
  execFileSync("as", ["--64", source, "-o", join(base, "guest.o")]);
  execFileSync("ld", ["-Ttext=0", "--oformat", "binary", join(base, "guest.o"), "-o", join(base, "guest.bin")]);
  const assembled = execFileSync("cat", [join(base, "guest.bin")]);
  expect(assembled.equals(guestImage())).toBe(true);
});
