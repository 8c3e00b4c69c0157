import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { systemAdmin } from "@basalt/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeJob } from "../testing/bench.js";
import { type Browser, findChromium, openBrowser } from "../testing/browser.js";
import { type BuiltCommand, buildCommand } from "../testing/build-command.js";
import { sampleLog } from "../testing/sample-log.js";
import { openWebLab, type WebLab } from "../testing/web-lab.js";

// Pictures of every page, for people to look at: BASALT_PICTURES=folder npx vitest run packages/cli/src/e2e/page-pictures.test.ts

const folder = process.env.BASALT_PICTURES;
const wanted = folder !== undefined && findChromium() !== undefined;

let built: BuiltCommand;
let lab: WebLab;
let browser: Browser;
beforeAll(async () => {
  if (!wanted) return;
  built = await buildCommand();
  lab = await openWebLab(built);
  browser = await openBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await lab?.[Symbol.asyncDispose]();
  built?.[Symbol.dispose]();
}, 60_000);

/** Long enough that what hangs does so in every picture. */
const timeouts = { job: { minutes: 30 }, actions: { "fake-hang": { minutes: 20 }, finalize: { seconds: 30 } } };
const block = { timeout: { minutes: 20 } };

type Jobs = Readonly<Record<"sample" | "bad" | "running" | "waiting", number>>;

async function fill({ services, lab: inner, addDevice }: WebLab): Promise<Jobs> {
  const { devices, deviceTypes, jobs, people } = services;
  const ann = (await people.logIn("ann", "a good password", { address: "pictures" }))?.person;
  const submit = async (name: string, steps: readonly object[], more: object = {}): Promise<number> =>
    (await jobs.submit(ann, JSON.stringify(fakeJob(steps, { job_name: name, timeouts, ...more }, block), null, 2)))
      .jobs[0] ?? 0;
  const state = async (id: number): Promise<string> => (await jobs.get(systemAdmin, id)).state;
  for (const name of ["rack-01", "rack-02", "rack-03", "rack-04", "rack-05"]) await addDevice(name);
  await devices.setHealth(systemAdmin, "rack-03", "Maintenance", "a new SD card");
  await devices.setHealth(systemAdmin, "rack-04", "Bad", "no answer from the PDU");
  await devices.setHealth(systemAdmin, "rack-05", "Maintenance");
  await deviceTypes.add(systemAdmin, "beaglebone-black", { description: "BeagleBone Black", architecture: "arm" });
  await devices.add(systemAdmin, "bbb-01", { device_type: "beaglebone-black", health: "Unknown" });
  const sample = await submit("bootloader 2026.04", [{ do: "pass" }]);
  const bad = await submit("kernel 6.18-rc3", [{ do: "pass" }, { do: "fail", kind: "job" }]);
  for (const id of [sample, bad]) await expect.poll(() => state(id), { timeout: 60_000 }).toBe("Finished");
  const running = await submit("soak test of the console", [
    { do: "say", text: "login:" },
    { do: "pass" },
    { do: "hang" },
  ]);
  await submit("kernel 6.18-rc4", [{ do: "hang" }]);
  for (const id of [running, running + 1]) await expect.poll(() => state(id), { timeout: 60_000 }).toBe("Running");
  const waiting = await submit("kernel 6.18-rc5", [{ do: "pass" }], { priority: "high" });
  const other = await submit("nightly: debian on bbb", [{ do: "pass" }]);
  await expect
    .poll(async () => (await jobs.get(systemAdmin, waiting)).waits_for, { timeout: 20_000 })
    .toContain("busy");
  // the log of a whole boot in the place of a short one: a job that waits, as it would be when it had run
  const began = Date.now() - 300_000;
  const { lines, endedAt } = sampleLog(began);
  await inner.intake.append(other, 0, Buffer.from(lines.join("")), lines.length);
  await inner.intake.settle(other);
  await inner.logs.putText(other, "description.yaml", "pipeline: []");
  await inner.store
    .knex("jobs")
    .where({ id: other })
    .update({
      state: "Finished",
      health: "Complete",
      actual_device: "rack-01",
      worker: "w1",
      submit_time: new Date(began - 20_000),
      start_time: new Date(began),
      end_time: new Date(endedAt),
    });
  await people.updateUser(systemAdmin, "ann", { is_superuser: true });
  return { sample: other, bad, running, waiting };
}

const pagesOf = ({ sample, bad, running, waiting }: Jobs): Readonly<Record<string, string>> => ({
  home: "/",
  jobs: "/jobs",
  job: `/jobs/${sample}`,
  "job-bad": `/jobs/${bad}`,
  "job-running": `/jobs/${running}`,
  "job-waiting": `/jobs/${waiting}`,
  log: `/jobs/${sample}/log?line=60#L60`,
  results: `/jobs/${sample}/results`,
  definition: `/jobs/${bad}/definition`,
  submit: "/submit",
  devices: "/devices",
  device: "/devices/rack-03",
  types: "/device-types",
  workers: "/workers",
  me: "/me",
  missing: "/jobs/99999",
});

const looks = [
  ["light", "light", 1280],
  ["dark", "dark", 1280],
  ["phone", "light", 390],
  ["phone-dark", "dark", 390],
] as const;

test.skipIf(!wanted)(
  "pictures of all pages (only with BASALT_PICTURES and chromium)",
  async () => {
    const pages = pagesOf(await fill(lab));
    const to = folder ?? "";
    mkdirSync(to, { recursive: true });
    for (const [mode, colorScheme, width] of looks) {
      await using session = await browser.session({ colorScheme, viewport: { width, height: 800 } });
      const { page } = session;
      const shoot = async (name: string): Promise<void> => {
        await page.screenshot({ path: join(to, `${mode}-${name}.png`), fullPage: true });
        // nothing is wider than a phone
        expect(await page.evaluate("document.documentElement.scrollWidth"), `${mode} ${name}`).toBeLessThanOrEqual(
          width,
        );
      };
      await page.goto(`${lab.url}/login`);
      await shoot("login");
      await page.fill("#username", "ann");
      await page.fill("#password", "a good password");
      await page.click("main button[type=submit]");
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(lab.url + path);
        await shoot(name);
      }
      await page.goto(`${lab.url}/submit`);
      await page.fill(
        "textarea",
        "job_name: x\ndevice_type: fake\nactions:\n- boot: {method: fke}\ntimeouts: {job: {minutes: five}}\n",
      );
      await page.click("button[value=submit]");
      await shoot("submit-bad");
      expect(session.problems).toEqual([]);
    }
  },
  300_000,
);
