import { existsSync } from "node:fs";
import { inlineTest } from "@basalt/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runOnShell, shellDevice } from "../fixtures/shell-device.js";

// the scripts themselves on a torn line; actions-common holds their model to 1,000 cases
const cases = process.env.BASALT_SOAK === "1" ? 20 : 2;
const seed = Number(process.env.BASALT_SEED ?? Date.now() & 0x7fffffff);
const shells = ["/bin/dash", "busybox", "/bin/bash"].filter((shell) =>
  existsSync(shell === "busybox" ? "/bin/busybox" : shell),
);

/** A kernel that prints a line after so many characters of other output, from the start of the test runner on. */
function kernelLines(gaps: readonly number[]) {
  let printed = 0;
  let left = gaps[0] ?? 0;
  let running = false;
  const change = (text: string): string => {
    running ||= text.includes("<LAVA_TEST_RUNNER>: started");
    if (!running) return text;
    let out = "";
    for (const char of text) {
      if (left-- === 0 && printed < gaps.length) {
        out += `[   ${printed}.123456] usb 1-1: device -> host, address <${printed}>\r\n`;
        left = gaps[++printed] ?? 0;
      }
      out += char;
    }
    return out;
  };
  return { change, printed: () => printed };
}

const steps = Array.from({ length: 12 }, (_, i) =>
  i % 3 === 0
    ? `lava-test-case shell-${i} --shell echo output ${i}`
    : `lava-test-case case-${i} --result ${i % 2 ? "fail" : "pass"}`,
);
const expected = Array.from({ length: 12 }, (_, i) =>
  i % 3 === 0 ? `shell-${i} pass` : `case-${i} ${i % 2 ? "fail" : "pass"}`,
);

test.each(shells)(
  `%s: no result lost on a torn console (${cases} cases, seed ${seed})`,
  async (shell) => {
    let torn = 0;
    const run = async (gaps: readonly number[]): Promise<void> => {
      await using device = shellDevice(shell);
      const kernel = kernelLines(gaps);
      device.onOutput(kernel.change);
      const ran = await runOnShell(device, { definitions: [inlineTest("torn", steps)], timeoutSeconds: 120 });
      expect(ran.outcome).toEqual({ result: "pass" });
      const results = ran.results.filter(({ definition }) => definition === "0_torn");
      expect(results.map((r) => `${r.case} ${r.result}`)).toEqual(expected);
      torn += kernel.printed();
    };
    // a header that is torn costs the helper its second of waiting: few lines a case
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 250 }), { minLength: 3, maxLength: 10 }), run),
      { numRuns: cases, seed, endOnFailure: true },
    );
    console.log(`${shell}: ${cases} cases, seed ${seed}: ${torn} kernel lines, no result lost or changed`);
  },
  cases * 60_000,
);
