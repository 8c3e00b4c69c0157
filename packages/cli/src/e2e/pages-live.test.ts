import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemAdmin } from "@basalt/server";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { fakeJob } from "../testing/bench.js";
import { openTcpProxy } from "../testing/tcp-proxy.js";
import { logIn, missingBrowser, usePages } from "./pages-lab.js";

// Logs in a real browser: long ones, live ones, and those of boards that send what is no text.

const record = (msg: string): string =>
  `- ${JSON.stringify({ dt: "2026-11-22T09:00:00.000000+00:00", lvl: "target", msg })}\n`.replaceAll('":"', '": "');

describe.skipIf(missingBrowser !== "")(`logs in a browser${missingBrowser}`, () => {
  const pages = usePages(["fake1"]);

  async function submit(steps: readonly object[]): Promise<number> {
    const found = await pages.lab.services.people.logIn("ann", "a good password", { address: "test" });
    const { jobs } = await pages.lab.services.jobs.submit(found?.person, JSON.stringify(fakeJob(steps)));
    return jobs[0] ?? 0;
  }
  /** A job that waits has no log yet: it is given one. */
  async function queued(): Promise<number> {
    await pages.lab.services.devices.setHealth(systemAdmin, "fake1", "Maintenance");
    return submit([{ do: "pass" }]);
  }
  const numbers = (page: Page): Promise<number[]> =>
    page.locator("#log .log li").evaluateAll((rows) => rows.map(({ id }) => Number(id.slice(1))));

  test("a server that goes away is told, and no line is lost or there twice when it is back", async () => {
    const { lab, browser } = pages;
    const proxy = await openTcpProxy(lab.url);
    await using _closed = proxy;
    await using session = await browser.session();
    const { page } = session;
    const url = proxy.endpoint.replace("tcp:", "http:");
    const id = await submit([{ do: "count", folder: lab.folder, everyMs: 20 }]);
    await page.goto(`${url}/jobs/${id}`);
    await expect.poll(() => page.innerText("#log .log"), { timeout: 30_000 }).toContain("count 5");
    const target = proxy.target;
    const lost = page.locator("#connection");
    expect(await lost.isVisible()).toBe(false);
    for (const way of ["refused", "silent"]) {
      if (way === "silent") proxy.blackhole();
      else {
        // nobody listens there
        proxy.target = "tcp://127.0.0.1:1";
        proxy.cut();
      }
      await expect.poll(() => lost.innerText(), { timeout: 25_000 }).toContain("can't be reached");
      const before = (await numbers(page)).at(-1) ?? 0;
      proxy.target = target;
      proxy.release();
      await expect.poll(async () => (await numbers(page)).at(-1), { timeout: 20_000 }).toBeGreaterThan(before);
      await expect.poll(() => lost.isVisible(), { timeout: 10_000 }).toBe(false);
    }
    writeFileSync(join(lab.folder, `${id}.enough`), "");
    await expect.poll(() => page.innerText("h1 .badge"), { timeout: 30_000 }).toContain("Complete");
    await expect.poll(() => page.innerText("#log .log"), { timeout: 10_000 }).toContain("lava / job");
    const shown = await numbers(page);
    expect(shown).toEqual(shown.map((_, index) => (shown[0] ?? 0) + index));
    const said = await page.locator("#log .m").allInnerTexts();
    const counted = said.flatMap((text) => /^count (\d+)$/.exec(text)?.slice(1).map(Number) ?? []);
    expect(counted.length).toBeGreaterThan(5);
    expect(counted).toEqual(counted.map((_, index) => (counted[0] ?? 0) + index));
  }, 120_000);

  test("a hundred thousand lines come while one looks on, and what is no text stays harmless", async () => {
    const { lab, browser } = pages;
    const id = await queued();
    await using session = await browser.session();
    const { page, problems } = session;
    await page.goto(`${lab.url}/jobs/${id}`);
    expect(await page.innerText(".log-empty")).toContain("The log begins when the job does");
    const count = 100_000;
    const part = 5_000;
    for (let from = 0; from < count; from += part) {
      const lines = Array.from({ length: part }, (_, index) => record(`this is line ${from + index + 1}`));
      await lab.lab.intake.append(id, from, Buffer.from(lines.join("")), part);
    }
    const junk = [
      `<img src=x onerror="document.title='taken over'">`,
      `\u001b[31m${"red ".repeat(100_000)}`,
      "\u0000\u0001\u009b".repeat(20_000),
      "\ud800\uffff\u202e the end",
    ];
    await lab.lab.intake.append(id, count, Buffer.from(junk.map(record).join("")), junk.length);
    await lab.lab.intake.settle(id);
    const last = page.locator(`#L${count + junk.length}`);
    await expect.poll(() => last.count(), { timeout: 20_000 }).toBe(1);
    expect(await last.innerText()).toContain("the end");
    expect(await page.locator("#log .log li").count()).toBeLessThanOrEqual(3_000);
    const shown = await numbers(page);
    expect(shown).toEqual(shown.map((_, index) => (shown[0] ?? 0) + index));
    expect(await page.locator(`#L${count + 1}`).innerText()).toContain("<img src=x");
    const red = page.locator(`#L${count + 2}`);
    expect(await red.locator(".f-red").innerText()).toMatch(/^(red ){998}red/);
    expect(await red.innerText()).toContain("396,005 characters more in the download");
    expect(await page.locator(`#L${count + 3} .control`).count()).toBe(1);
    expect(await page.title()).not.toContain("taken over");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(1280);
    // only some of the lines
    await page.fill("#log input[name=text]", "LINE 7654");
    await page.keyboard.press("Tab");
    const found = [7_654, ...Array.from({ length: 10 }, (_, index) => 76_540 + index)];
    await expect.poll(() => numbers(page), { timeout: 20_000 }).toEqual(found);
    // a link to another line brings all of them back
    await page.evaluate(`location.hash = "#L${count}"`);
    await expect
      .poll(() => page.locator(".target").innerText(), { timeout: 10_000 })
      .toContain(`this is line ${count}`);
    expect(problems).toEqual([]);
  }, 120_000);

  const total = 1_000_000;
  let long: Promise<number> | undefined;
  /** A job with a log of so many lines. */
  const longLog = (): Promise<number> => {
    long ??= writeLongLog();
    return long;
  };
  async function writeLongLog(): Promise<number> {
    const { lab } = pages;
    const id = await queued();
    const part = 20_000;
    for (let from = 0; from < total; from += part) {
      const lines = Array.from({ length: part }, (_, index) => record(`this is line ${from + index + 1}`));
      await lab.lab.logs.append(id, { from, count: part, body: Buffer.from(lines.join("")) });
    }
    return id;
  }

  test("a log of a million lines opens in part, goes to any line, and loads more as one scrolls", async () => {
    const { lab, browser } = pages;
    const id = await longLog();
    await using session = await browser.session();
    const { page, problems } = session;
    await page.goto(`${lab.url}/jobs/${id}/log#L750000`);
    const box = page.locator("#log .log");
    await expect.poll(() => box.locator(".target").innerText(), { timeout: 10_000 }).toContain("this is line 750000");
    const first = async (): Promise<string> => (await box.locator("li").first().getAttribute("id")) ?? "";
    const before = await first();
    await box.evaluate((list) => list.scrollTo(0, 0));
    await expect.poll(first, { timeout: 10_000 }).not.toBe(before);
    await page.fill("#log input[name=line]", String(total));
    await page.click("#log .log-tools button");
    await expect
      .poll(() => box.locator("li").last().innerText(), { timeout: 10_000 })
      .toContain(`this is line ${total}`);
    expect(await box.locator("li").count()).toBeLessThanOrEqual(3_000);
    expect(await page.innerText("#log-count")).toBe("1,000,000 lines");
    expect(problems).toEqual([]);
  }, 60_000);

  test("without scripts: the log in parts, links to lines, and forms work", async () => {
    const { lab, browser } = pages;
    await using session = await browser.session({ javaScriptEnabled: false });
    const { page } = session;
    await logIn(page, lab.url);
    const id = await longLog();
    await page.goto(`${lab.url}/jobs/${id}`);
    expect(await page.locator("#log .log li").count()).toBe(400);
    expect(await page.locator("#log .log li").last().innerText()).toContain(`this is line ${total}`);
    await page.click("#log .pager >> text=Earlier");
    expect(await page.locator("#log .log li").last().innerText()).toContain(`this is line ${total - 400}`);
    await page.click("#log .pager >> text=First");
    expect(await page.locator("#L1").innerText()).toContain("this is line 1");
    await page.click("#log .pager >> text=Later");
    expect(await page.locator("#L401").innerText()).toContain("this is line 401");
    await page.goto(`${lab.url}/me`);
    await page.fill("input[name=description]", "for ci");
    await page.click("text=Add a token");
    const token = await page.innerText(".token");
    expect((await lab.services.people.byToken(token))?.username).toBe("ann");
  }, 60_000);
});
