import { systemAdmin } from "@basalt/server";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { fakeJob } from "../testing/bench.js";
import { findBarriers } from "../testing/find-barriers.js";
import { badDefinition, fillLab, pagesOf } from "./pages-content.js";
import { logIn as logInAt, missingBrowser, type PagesLab, submit as submitAt, usePages } from "./pages-lab.js";

// The pages in a real browser, over a real server, database and worker with the fake board.

describe.skipIf(missingBrowser !== "")(`pages in a browser${missingBrowser}`, () => {
  const opened: PagesLab = usePages(["fake1"]);
  const logIn = (page: Page, path = "/"): Promise<void> => logInAt(page, opened.lab.url, path);
  const submit = (page: Page, definition: string): Promise<void> => submitAt(page, opened.lab.url, definition);
  const yaml = (job: object): string => JSON.stringify(job, null, 2);
  const state = (page: Page): Promise<string> => page.innerText("h1 .badge");

  test("log in, submit, follow the job live, see its results, log out", async () => {
    const { lab, browser } = opened;
    await using session = await browser.session();
    const { page, problems } = session;
    await page.goto(`${lab.url}/submit`);
    expect(page.url()).toBe(`${lab.url}/login?next=%2Fsubmit`);
    await page.fill("#username", "ann");
    await page.fill("#password", "wrong");
    await page.click("main button[type=submit]");
    expect(await page.innerText("[role=alert]")).toContain("Name or password are wrong");
    await page.fill("#password", "a good password");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${lab.url}/submit`);

    const say = { do: "say", text: "\u001b[31mred alert\u001b[0m <script>alert(1)</script>\nlogin:" };
    const steps = [say, { do: "result", name: "uname", result: "pass" }, { do: "result", name: "rtc", result: "fail" }];
    await submit(page, yaml(fakeJob(steps, { job_name: "<img src=x onerror=alert(2)> & friends" })));
    await page.waitForURL(/\/jobs\/\d+\?said=submitted/);
    // no reload from here on: what is new comes by itself
    await expect.poll(() => state(page), { timeout: 30_000 }).toContain("Complete");
    expect(await page.innerText("h1")).toContain("<img src=x onerror=alert(2)> & friends");
    const log = page.locator("#log .log");
    await expect.poll(() => log.innerText(), { timeout: 10_000 }).toContain("lava / job");
    expect(await log.innerText()).toContain("<script>alert(1)</script>");
    expect(await log.locator(".f-red").first().innerText()).toBe("red alert");
    expect(await page.innerText(".timeline")).toContain("fake-boot");
    await expect.poll(() => page.innerText(".suites"), { timeout: 10_000 }).toContain("rtc");
    await expect.poll(() => page.locator("#follow").isVisible(), { timeout: 10_000 }).toBe(false);

    // from a result to its line, which is marked
    await page.locator(".failed [data-line]").first().click();
    await expect.poll(() => page.innerText("#log .target"), { timeout: 5_000 }).toContain("0_smoke / rtc");
    // levels
    await page.locator("#log input[value=target]").uncheck();
    await expect.poll(() => log.innerText()).not.toContain("red alert");
    expect(await log.innerText()).toContain("start: 1 fake-boot");

    await page.click("#results-title a");
    expect(await page.innerText("table.list")).toMatch(/pass\s+0_smoke\s+uname/);
    await page.click("text=Log out");
    await page.waitForURL(`${lab.url}/?said=logged-out`);
    expect(await page.innerText("main")).toContain("fake1");
    await page.goto(`${lab.url}/me`);
    expect(page.url()).toContain("/login?next=");
    expect(problems).toEqual([]);
  }, 90_000);

  test("a job that hangs is canceled, and the page tells when it has ended", async () => {
    const { lab, browser } = opened;
    await using session = await browser.session();
    const { page, problems } = session;
    await logIn(page, "/submit");
    await submit(page, yaml(fakeJob([{ do: "hang" }], { job_name: "hangs" })));
    await expect.poll(() => page.innerText("#log .log"), { timeout: 30_000 }).toContain("fake-hang");
    await expect.poll(() => page.locator("tr.s-running").count(), { timeout: 10_000 }).toBeGreaterThan(0);
    expect(await page.locator("#follow").isChecked()).toBe(true);
    // the next one waits, and says for whom
    const hanging = page.url();
    await submit(page, yaml(fakeJob([{ do: "pass" }], { job_name: "waits" })));
    await expect.poll(() => page.innerText(".box.wait"), { timeout: 10_000 }).toContain("fake1 is busy with job");
    expect(await page.innerText("#pipeline-title")).toBe("Plan");
    expect(await page.innerText(".timeline")).toContain("fake-boot");
    const waits = page.url();
    await page.goto(`${lab.url}/`);
    expect(await page.innerText("section:has(#queue-title)")).toContain("fake1 is busy with job");
    expect(await page.innerText("section:has(#running-title)")).toContain("hangs");

    await page.goto(hanging);
    await page.click("text=Cancel");
    await page.waitForURL(/said=canceled/);
    await expect.poll(() => state(page), { timeout: 30_000 }).toContain("Canceled");
    expect(await page.innerText(".box.wait")).toContain("ERR_JOB_CANCELED");
    await page.click("text=History");
    expect(await page.innerText("#history")).toMatch(/ann\s.*cancel/i);
    await page.goto(waits);
    await expect.poll(() => state(page), { timeout: 30_000 }).toContain("Complete");
    expect(problems).toEqual([]);
  }, 120_000);

  test("a definition that is wrong comes back whole, with its place marked", async () => {
    const { browser } = opened;
    await using session = await browser.session();
    const { page, problems } = session;
    await logIn(page, "/submit");
    const text = "\njob_name: 'x'\nactions: [\n  - boot\n";
    await submit(page, text);
    expect(await page.innerText("#verdict")).toMatch(/line \d+, column \d+/);
    expect(await page.locator(".code .marked").count()).toBeGreaterThan(0);
    expect(await page.inputValue("textarea")).toBe(text);

    const other = yaml(fakeJob([])).replace('"fake"\n', '"fake",\n').replace('"method": "fake"', '"method": "fak"');
    await page.fill("textarea", other);
    await page.click("button[value=validate]");
    const line = other.slice(0, other.indexOf('"fak"')).split("\n").length;
    expect(await page.innerText("#verdict")).toContain(`line ${line}, column `);
    expect(await page.locator(`#T${line} mark`).innerText()).toContain("fak");
    expect(await page.inputValue("textarea")).toBe(other);
    await page.fill("textarea", yaml(fakeJob([{ do: "pass" }])));
    await page.click("button[value=validate]");
    expect(await page.innerText("#verdict")).toContain("The definition is valid");
    expect(problems).toEqual([]);
  }, 60_000);

  test("no page keeps anybody out (WCAG 2 A and AA, light and dark)", async () => {
    const { lab, browser } = opened;
    // the next jobs are for the boards that come with them
    await lab.services.devices.setHealth(systemAdmin, "fake1", "Retired");
    const pages = pagesOf(await fillLab(lab));
    await using session = await browser.session();
    const { page, problems } = session;
    const barriers: Record<string, readonly string[]> = {};
    const look = async (name: string): Promise<void> => {
      const found = await findBarriers(page);
      if (found.length > 0) barriers[name] = found;
    };
    await page.goto(`${lab.url}/login`);
    await look("login");
    await logIn(page, "/submit");
    await submit(page, badDefinition);
    await look("submit-bad");
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(lab.url + path);
      await look(name);
    }
    expect(barriers).toEqual({});
    // nothing of what people and boards wrote ran, and nothing was refused by the page's policy
    expect(problems).toEqual([]);
  }, 120_000);

  test("times are the viewer's own, and say so", async () => {
    const { lab, browser } = opened;
    await using session = await browser.session({ timezoneId: "Asia/Tokyo" });
    const { page } = session;
    await page.goto(`${lab.url}/jobs/1`);
    const exact = page.locator(".exact time").first();
    const at = Date.parse((await exact.getAttribute("datetime")) ?? "");
    const there = new Date(at + 9 * 3_600_000).toISOString().slice(11, 19);
    await expect.poll(() => exact.innerText(), { timeout: 5_000 }).toContain(there);
    const title = await page.locator(".facts time[data-relative]").first().getAttribute("title");
    expect(title).toMatch(/ GMT\+9 \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\)$/);
  }, 60_000);

  test("by keyboard alone: every control is reached and the focus is seen", async () => {
    const { lab, browser } = opened;
    await using session = await browser.session();
    const { page } = session;
    await page.goto(`${lab.url}/login`);
    const seen: string[] = [];
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const here = (globalThis as unknown as { document: { activeElement: unknown } }).document.activeElement as {
          textContent: string;
          id: string;
        };
        const style = (
          globalThis as unknown as { getComputedStyle(of: unknown): { outlineWidth: string; outlineStyle: string } }
        ).getComputedStyle(here);
        return { name: here.id || here.textContent.trim(), outline: `${style.outlineStyle} ${style.outlineWidth}` };
      });
      expect(at.outline, at.name).toBe("solid 3px");
      seen.push(at.name);
      if (at.name === "password") break;
    }
    expect(seen).toEqual([
      "Skip to the content",
      "Basalt",
      "Lab",
      "Jobs",
      "Devices",
      "Types",
      "Workers",
      "Log in",
      "username",
      "password",
    ]);
  }, 60_000);
});
