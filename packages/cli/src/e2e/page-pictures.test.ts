import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import type { WebLab } from "../testing/web-lab.js";
import { badDefinition, fillLab, pagesOf } from "./pages-content.js";
import { logIn, missingBrowser, usePages } from "./pages-lab.js";

// Pictures of every page, for people to look at: BASALT_PICTURES=folder npx vitest run packages/cli/src/e2e/page-pictures.test.ts

const folder = process.env.BASALT_PICTURES;
const wanted = folder !== undefined && missingBrowser === "";

const looks = [
  ["light", "light", 1280],
  ["dark", "dark", 1280],
  ["phone", "light", 390],
  ["phone-dark", "dark", 390],
] as const;

/** A thousand more devices, one in fifty of them in trouble, and as many that no worker has. */
async function makeLarge({ lab: { store } }: WebLab): Promise<void> {
  const rows = Array.from({ length: 1_000 }, (_, index) => ({
    name: `shelf-${String(Math.floor(index / 20)).padStart(2, "0")}-a-rather-long-name-of-a-board-${index % 20}`,
    device_type: index % 3 === 0 ? "beaglebone-black" : "fake",
    health: index % 50 === 0 ? "Bad" : index % 40 === 0 ? "Maintenance" : "Good",
    worker: index % 50 === 7 ? null : "w1",
  }));
  await store.knex("devices").insert(rows);
}

describe.skipIf(!wanted)("pictures (only with BASALT_PICTURES and chromium)", () => {
  const opened = usePages();
  test("pictures of all pages", async () => {
    const { lab, browser } = opened;
    const pages = pagesOf(await fillLab(lab));
    const to = folder ?? "";
    mkdirSync(to, { recursive: true });
    const shooter =
      (page: Page, mode: string, width: number) =>
      async (name: string): Promise<void> => {
        await page.screenshot({ path: join(to, `${mode}-${name}.png`), fullPage: true });
        // nothing is wider than a phone
        const scroll = await page.evaluate("document.documentElement.scrollWidth");
        expect(scroll, `${mode} ${name}`).toBeLessThanOrEqual(width);
      };
    for (const [mode, colorScheme, width] of looks) {
      await using session = await browser.session({ colorScheme, viewport: { width, height: 800 } });
      const { page } = session;
      const shoot = shooter(page, mode, width);
      await page.goto(`${lab.url}/login`);
      await shoot("login");
      await logIn(page, lab.url);
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(lab.url + path);
        await shoot(name);
      }
      await page.goto(`${lab.url}/submit`);
      await page.fill("textarea", badDefinition);
      await page.click("button[value=submit]");
      await shoot("submit-bad");
      expect(session.problems).toEqual([]);
    }
    await makeLarge(lab);
    for (const [mode, colorScheme, width] of looks) {
      await using session = await browser.session({ colorScheme, viewport: { width, height: 800 } });
      const shoot = shooter(session.page, mode, width);
      for (const name of ["", "devices", "workers"]) {
        await session.page.goto(`${lab.url}/${name}`);
        await shoot(`large-${name === "" ? "home" : name}`);
      }
    }
  }, 300_000);
});
