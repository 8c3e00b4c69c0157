import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BenchRun, breaksOnce, missing, QemuBench, stalls } from "./qemu-bench.js";

if (missing) process.stderr.write(`real QEMU tests skipped: ${missing}\n`);

let bench: QemuBench;

const expectClean = ({ left, processes }: BenchRun): void => {
  expect(left).toEqual([]);
  expect(processes).toEqual([]);
};
const errorOf = ({ log }: BenchRun) =>
  log
    .map(({ msg }) => msg as { case?: string; error_msg?: string; error_type?: string })
    .find((msg) => msg.case === "job");

describe.skipIf(missing)("real QEMU", { timeout: 120_000 }, () => {
  beforeAll(async () => {
    bench = await QemuBench.open();
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  test("boots and runs the test shell", async () => {
    const ran = await bench.run({
      steps: [
        "lava-test-case kernel --shell uname -r",
        "lava-test-case size --result pass --measurement 42 --units MB",
        "lava-test-case odd --result fail",
      ],
    });
    expect(ran.results).toEqual(
      expect.arrayContaining([
        "0_e2e.kernel pass",
        "0_e2e.size pass",
        "0_e2e.odd fail",
        "lava.0_e2e pass",
        "lava.job pass",
      ]),
    );
    expect(ran.status).toBe(1); // complete, and a test failed
    expectClean(ran);
  });

  test("a kernel that panics is caught as such within 2 s", async () => {
    const ran = await bench.run({ append: "rdinit=/no/such/init" });
    expect(ran.status).toBe(4);
    expect(errorOf(ran)).toMatchObject({ error_type: "Job", error_msg: expect.stringContaining("Kernel panic") });
    const at = (found: (text: string, lvl: string) => boolean): number =>
      Date.parse(ran.log.find(({ msg, lvl }) => typeof msg === "string" && found(msg, lvl))?.dt ?? "");
    const said = at((text, lvl) => lvl === "target" && text.includes("Kernel panic - not syncing"));
    const caught = at((text) => text.startsWith("end: ") && text.includes("login-action"));
    expect(caught - said).toBeLessThan(2_000);
    expectClean(ran);
  });

  test("a silent board times out in the action that waits for it", async () => {
    const ran = await bench.run({
      console: "console=tty9 quiet",
      timeouts: { actions: { "auto-login-action": { seconds: 5 } } },
    });
    expect(ran.status).toBe(4);
    expect(errorOf(ran)?.error_msg).toMatch(/^auto-login-action timed out after 5 seconds/);
    expectClean(ran);
  });

  test("a prompt that never comes times out in login-action", async () => {
    const ran = await bench.run({ boot: { prompts: ["never@(.*):"], timeouts: { "login-action": { seconds: 10 } } } });
    expect(ran.status).toBe(4);
    expect(errorOf(ran)?.error_msg).toMatch(/^login-action timed out/);
    expectClean(ran);
  });

  test("a wrong checksum is the job's fault, with both sums; QEMU never starts", async () => {
    const ran = await bench.run({ kernel: { sha256sum: "0".repeat(64) } });
    expect(ran.status).toBe(4);
    expect(errorOf(ran)?.error_msg).toContain("0".repeat(64));
    expect(errorOf(ran)?.error_msg).toContain(bench.sha256("vmlinuz"));
    expect(ran.stdout).not.toContain("starting qemu");
    expectClean(ran);
  });

  test("an address that is not there is found before anything is started", async () => {
    const ran = await bench.run({ kernel: { url: bench.url("none") } });
    expect(ran.status).toBe(2);
    expect(ran.results).toContain("lava.validate fail");
    expect(errorOf(ran)?.error_msg).toMatch(/404.*none|none.*404/);
    expectClean(ran);
  });

  test("a transfer that breaks is resumed where it broke", async () => {
    const server = breaksOnce();
    const { answer } = bench;
    bench.answer = server;
    try {
      const ran = await bench.run({ kernel: { sha256sum: bench.sha256("vmlinuz") } });
      expect(ran.results).toContain("lava.job pass");
      expect(server.ranges).toHaveLength(1);
      expectClean(ran);
    } finally {
      bench.answer = answer;
    }
  });

  describe("Ctrl-C", () => {
    const cases: readonly (readonly [string, RegExp, Parameters<QemuBench["run"]>[0], boolean])[] = [
      ["while downloading", /downloading http/, {}, true],
      ["while the kernel starts", /starting qemu/, {}, false],
      ["while logging in", /start: 2\.2\.1 login-action/, { boot: { prompts: ["never@"] } }, false],
      ["while a test runs", /RUNNING-NOW/, { steps: ["echo RUNNING-NOW", "sleep 60"] }, false],
    ];
    test.each(cases)("%s", async (_phase, when, job, stalled) => {
      const { answer } = bench;
      if (stalled) bench.answer = stalls;
      let sentAt = 0;
      try {
        const ran = await bench.run(job, (line, kill) => {
          if (sentAt > 0 || !when.test(line)) return;
          sentAt = Date.now();
          kill("SIGINT");
        });
        expect(sentAt).toBeGreaterThan(0);
        expect(ran.status).toBe(5);
        expect(errorOf(ran)).toMatchObject({ error_type: "Canceled" });
        expect(ran.results.filter((result) => result === "lava.power-off pass").length).toBeLessThanOrEqual(1);
        expectClean(ran);
      } finally {
        bench.answer = answer;
      }
    });
  });
});
