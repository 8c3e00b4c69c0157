/** A job's log as a worker writes it, for pictures: a deploy, a boot and tests, with what a board says between. */
export function sampleLog(began: number): { readonly lines: readonly string[]; readonly endedAt: number } {
  const lines: string[] = [];
  let at = began;
  const say = (lvl: string, msg: unknown): void => {
    const record = { dt: new Date(at).toISOString().replace("Z", "000+00:00"), lvl, msg };
    lines.push(
      `- ${JSON.stringify(record).replace('"dt":', '"dt": ').replace(',"lvl":', ', "lvl": ').replace(',"msg":', ', "msg": ')}\n`,
    );
  };
  const clock = (ms: number): string => new Date(ms).toISOString().slice(11, 19);
  function step(level: string, name: string, limit: number, work: number | (() => void)): void {
    const from = at;
    const lvl = level.includes(".") ? "debug" : "info";
    say(lvl, `start: ${level} ${name} (timeout ${clock(limit * 1_000)}) [common]`);
    if (typeof work === "number") at += work;
    else work();
    say(lvl, `end: ${level} ${name} (duration ${clock(at - from)}) [common]`);
    const duration = ((at - from) / 1_000).toFixed(2);
    say("results", { definition: "lava", case: name, result: "pass", level, duration, namespace: "common" });
  }
  const board = (...texts: readonly string[]): void => {
    for (const text of texts) {
      say("target", text);
      at += 180;
    }
  };
  const kernel = Array.from(
    { length: 60 },
    (_, index) => `[    ${(index * 0.071).toFixed(6)}] device ${index}: registered`,
  );
  step("1", "tftp-deploy", 300, () => {
    step("1.1", "lava-overlay", 300, 900);
    step("1.2", "download-retry", 300, () => step("1.2.1", "http-download", 300, 6_200));
    step("1.3", "download-retry", 300, () => step("1.3.1", "http-download", 300, 11_400));
    step("1.4", "prepare-tftp-overlay", 300, 3_100);
  });
  step("2", "uboot-action", 240, () => {
    step("2.1", "uboot-retry", 240, () => {
      step("2.1.1", "reset-device", 60, 2_400);
      step("2.1.2", "bootloader-interrupt", 30, () =>
        board("U-Boot 2026.01 (Nov 01 2026 - 10:00:00 +0000)", "DRAM:  1 GiB", "Hit any key to stop autoboot"),
      );
      step("2.1.3", "bootloader-commands", 60, () => {
        say("input", "setenv serverip 10.0.0.1");
        board("=> setenv serverip 10.0.0.1", "=> tftp ${loadaddr} 42/zImage");
        at += 4_000;
      });
      step("2.1.4", "auto-login-action", 24, () => {
        board(
          ...kernel,
          "\u001b[32m[  OK  ]\u001b[0m Started \u001b[1mNetwork Time\u001b[0m.",
          "\u001b[31;1m[FAILED]\u001b[0m Failed to start \u001b[1mLoad Kernel Modules\u001b[0m.",
        );
        at += 8_000;
        board("login: root");
      });
    });
  });
  step("3", "lava-test-retry", 600, () =>
    step("3.1", "lava-test-shell", 600, () => {
      for (const [name, result] of [
        ["uname", "pass"],
        ["memory", "pass"],
        ["network", "pass"],
        ["rtc", "fail"],
        ["gpio", "skip"],
      ]) {
        board(`+ check ${name}`, `<LAVA_SIGNAL_TESTCASE TEST_CASE_ID=${name} RESULT=${result}>`);
        at += 2_300;
        say("results", { definition: "0_smoke", case: name, result });
      }
    }),
  );
  step("4", "finalize", 60, () => step("4.1", "power-off", 30, 1_900));
  say("results", { definition: "lava", case: "job", result: "pass" });
  return { lines, endedAt: at };
}
