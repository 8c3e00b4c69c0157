import type { Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { type Browser, findChromium, openBrowser } from "../testing/browser.js";
import { type BuiltCommand, buildCommand } from "../testing/build-command.js";
import { openWebLab, type WebLab } from "../testing/web-lab.js";

/** Why a file of tests has no browser: goes into its name. */
export const missingBrowser = findChromium() ? "" : " (skipped: no chromium here)";

/** A lab and a browser for the tests of one file. */
export interface PagesLab {
  readonly lab: WebLab;
  readonly browser: Browser;
}

/** Opens them before the first test and closes them after the last. */
export function usePages(devices: readonly string[] = []): PagesLab {
  let built: BuiltCommand;
  let lab: WebLab;
  let browser: Browser;
  beforeAll(async () => {
    built = await buildCommand();
    lab = await openWebLab(built);
    for (const name of devices) await lab.addDevice(name);
    browser = await openBrowser();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await lab?.[Symbol.asyncDispose]();
    built?.[Symbol.dispose]();
  }, 60_000);
  return {
    get lab() {
      return lab;
    },
    get browser() {
      return browser;
    },
  };
}

/** Logs in as the lab's only user, and goes to a page. */
export async function logIn(page: Page, url: string, path = "/"): Promise<void> {
  await page.goto(`${url}/login?next=${encodeURIComponent(path)}`);
  await page.fill("#username", "ann");
  await page.fill("#password", "a good password");
  await page.click("main button[type=submit]");
  await page.waitForURL(url + path);
}

/** Submits a definition by the page's form. */
export async function submit(page: Page, url: string, definition: string): Promise<void> {
  await page.goto(`${url}/submit`);
  await page.fill("textarea", definition);
  await page.click("button[value=submit]");
}
