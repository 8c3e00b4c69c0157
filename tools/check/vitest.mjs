import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { binary, root } from "../lib/house.mjs";
import { run } from "../lib/run.mjs";

const report = join(root, ".cache", "check", "vitest.json");

/** Runs all tests with vitest's own output on the screen; gives its counts. A file that could not be loaded counts as a failed test. */
export async function runTests() {
  await rm(report, { force: true });
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const failed = await run(binary("vitest"), ["run", ...reporters], { cwd: root, show: true }).catch((error) => error);
  const text = await readFile(report, "utf8").catch(() => undefined);
  if (text === undefined) throw failed instanceof Error ? failed : new Error("vitest wrote no report");
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(text);
  const unloaded = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  const counts = { passed: numPassedTests, failed: numFailedTests + unloaded.length, skipped: numPendingTests };
  // An error outside of any test (an unhandled rejection) fails vitest without a failed test.
  if (failed instanceof Error && counts.failed === 0) counts.failed = 1;
  return counts;
}
