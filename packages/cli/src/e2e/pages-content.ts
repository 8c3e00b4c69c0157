import { systemAdmin } from "@basalt/server";
import { expect } from "vitest";
import { fakeJob } from "../testing/bench.js";
import { sampleLog } from "../testing/sample-log.js";
import type { WebLab } from "../testing/web-lab.js";

/** Long enough that what hangs does so in every picture. */
const timeouts = { job: { minutes: 30 }, actions: { "fake-hang": { minutes: 20 }, finalize: { seconds: 30 } } };
const block = { timeout: { minutes: 20 } };
/** What must stay text wherever it is shown. */
const hostile = `<img src=x onerror=alert(1)> & "quotes" `;
/** What a board may send: colours, what is no text, a line that does not end. */
const junk = [
  "\u001b[1;32m[  OK  ]\u001b[0m Started \u001b[34mnetwork\u001b[0m",
  `\u0000\u0001\u0007\u001b[2J\u009b\u202e\ufffd ${"\u0002\u0003".repeat(200)}`,
  `<script>document.title = "taken over"</script>${"=".repeat(20_000)}`,
  "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
].join("\n");

/** What YAML does not take as it is. */
const escaped = (json: string): string =>
  json.replace(/[\u007f-\uffff]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);

type Jobs = Readonly<
  Record<"sample" | "bad" | "running" | "waiting" | "canceled" | "hostile", number> & { readonly member: string }
>;

/** Fills a lab with all there is to see: jobs in every state, devices that are well and that are not. */
export async function fillLab(lab: WebLab): Promise<Jobs> {
  const { services, addDevice } = lab;
  const { devices, deviceTypes, jobs, people } = services;
  const ann = (await people.logIn("ann", "a good password", { address: "pictures" }))?.person;
  const give = (job: object) => jobs.submit(ann, escaped(JSON.stringify(job, null, 2)));
  const submit = async (name: string, steps: readonly object[], more: object = {}): Promise<number> =>
    (await give(fakeJob(steps, { job_name: name, timeouts, ...more }, block))).jobs[0] ?? 0;
  const until = async (id: number, state: string): Promise<void> =>
    expect.poll(async () => (await jobs.get(systemAdmin, id)).state, { timeout: 60_000 }).toBe(state);
  for (const name of ["rack-01", "rack-02", "rack-03", "rack-04", "rack-05"]) await addDevice(name);
  await devices.setHealth(systemAdmin, "rack-03", "Maintenance", "a new SD card");
  await devices.setHealth(systemAdmin, "rack-04", "Bad", "no answer from the PDU");
  await devices.setHealth(systemAdmin, "rack-05", "Maintenance");
  await deviceTypes.add(systemAdmin, "beaglebone-black", { description: "BeagleBone Black", architecture: "arm" });
  await devices.add(systemAdmin, "bbb-01", { device_type: "beaglebone-black", health: "Unknown" });
  const bad = await submit("kernel 6.18-rc3", [
    { do: "say", text: junk },
    { do: "fail", kind: "job" },
  ]);
  const evil = await submit(hostile.repeat(4).slice(0, 190), [
    { do: "result", name: hostile, result: "fail" },
    { do: "say", text: hostile },
  ]);
  for (const id of [bad, evil]) await until(id, "Finished");
  const running = await submit("soak test of the console", [
    { do: "say", text: "login:" },
    { do: "pass" },
    { do: "hang" },
  ]);
  const canceled = await submit("kernel 6.18-rc4", [{ do: "hang" }]);
  for (const id of [running, canceled]) await until(id, "Running");
  await jobs.cancel(ann, canceled, "the wrong branch");
  await until(canceled, "Finished");
  await until(await submit("kernel 6.18-rc4, again", [{ do: "hang" }]), "Running");
  const waiting = await submit("kernel 6.18-rc5", [{ do: "pass" }], { priority: "high" });
  const role = { device_type: "fake", count: 1 };
  const group = await give({
    ...fakeJob([], { job_name: "a client and its server", timeouts }),
    device_type: undefined,
    protocols: { "lava-multinode": { roles: { server: role, client: role }, timeout: { minutes: 5 } } },
    actions: [{ boot: { method: "fake", steps: [{ do: "pass" }], role: ["server", "client"] } }],
  });
  await expect
    .poll(async () => (await jobs.get(systemAdmin, waiting)).waits_for, { timeout: 20_000 })
    .toContain("busy");
  const sample = await submit("nightly: debian on bbb", [{ do: "pass" }]);
  await giveLog(lab, sample);
  await people.updateUser(systemAdmin, "ann", { is_superuser: true });
  return { sample, bad, running, waiting, canceled, hostile: evil, member: group.ids[1] ?? "" };
}

/** The log of a whole boot in the place of a short one: to a job that waits, as it would be when it had run. */
async function giveLog({ lab }: WebLab, job: number): Promise<void> {
  const began = Date.now() - 300_000;
  const { lines, endedAt } = sampleLog(began);
  await lab.intake.append(job, 0, Buffer.from(lines.join("")), lines.length);
  await lab.intake.settle(job);
  await lab.logs.putText(job, "description.yaml", "pipeline: []");
  await lab.store
    .knex("jobs")
    .where({ id: job })
    .update({
      state: "Finished",
      health: "Complete",
      actual_device: "rack-01",
      worker: "w1",
      submit_time: new Date(began - 20_000),
      start_time: new Date(began),
      end_time: new Date(endedAt),
    });
}

/** Every page of a lab, by a name for its picture. */
export const pagesOf = (jobs: Jobs): Readonly<Record<string, string>> => ({
  home: "/",
  jobs: "/jobs",
  "jobs-none": "/jobs?text=nothing+has+this",
  "jobs-wrong": "/jobs?state=Sleeping",
  job: `/jobs/${jobs.sample}`,
  "job-bad": `/jobs/${jobs.bad}`,
  "job-hostile": `/jobs/${jobs.hostile}`,
  "job-running": `/jobs/${jobs.running}`,
  "job-waiting": `/jobs/${jobs.waiting}`,
  "job-canceled": `/jobs/${jobs.canceled}`,
  "job-member": `/jobs/${jobs.member}`,
  log: `/jobs/${jobs.sample}/log?line=60#L60`,
  results: `/jobs/${jobs.sample}/results`,
  definition: `/jobs/${jobs.bad}/definition`,
  submit: "/submit",
  devices: "/devices",
  device: "/devices/rack-03",
  types: "/device-types",
  workers: "/workers",
  me: "/me",
  missing: "/jobs/99999",
});

/** A definition with problems at several places. */
export const badDefinition =
  "job_name: x\ndevice_type: fake\nactions:\n- boot: {method: fke}\ntimeouts: {job: {minutes: five}}\n";
