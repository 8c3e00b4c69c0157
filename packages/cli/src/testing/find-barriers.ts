import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

/** axe-core's own file: it is run as the browser's tools run code, so that the page's policy stays as it is. */
const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const standard = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** The lines of a log and of a definition are all made alike: looking at hundreds of them takes seconds. */
const looked = { include: ["html"], exclude: [[".log li:nth-child(n+13)"], [".code li:nth-child(n+13)"]] };

/** A log's line numbers are as high as its lines: the box for a line's number does the same (WCAG 2.5.8, exception "equivalent"). */
const isLineNumber = (rule: string, html: string): boolean => rule === "target-size" && html.startsWith('<a class="n"');

/**
 * What keeps people out of the page that is open, by WCAG 2.2 A and AA as far as axe-core can tell: a line for each element, with the rule
 * it breaks. Light first, and dark for what colours change.
 */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  await page.evaluate(source);
  const found: string[] = [];
  for (const scheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    const values = scheme === "light" ? standard : ["color-contrast", "link-in-text-block"];
    const options: RunOptions = {
      runOnly: { type: scheme === "light" ? "tag" : "rule", values },
      resultTypes: ["violations"],
    };
    const { violations } = (await page.evaluate(
      `axe.run(${JSON.stringify(looked)}, ${JSON.stringify(options)})`,
    )) as AxeResults;
    for (const { id, nodes } of violations)
      for (const { html, failureSummary } of nodes)
        if (!isLineNumber(id, html)) found.push(`${scheme} ${id}: ${html} ${failureSummary}`);
  }
  return found;
}
