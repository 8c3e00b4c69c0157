import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LogStore, Store } from "@basalt/server";
import { expect } from "vitest";
import { checkLog, type LoggedJob } from "./check-log.js";
import type { FakeDevice } from "./fake-devices.js";
import type { LabFolder } from "./lab-processes.js";
import type { Random } from "./random.js";

export interface CheckLab {
  readonly store: Store;
  readonly logs: LogStore;
  readonly folder: LabFolder;
  readonly random: Random;
  readonly devices: readonly FakeDevice[];
  readonly workers: readonly string[];
  /** Jobs whose process was killed by the test, and those it canceled. */
  readonly killedJobs: ReadonlySet<number>;
  readonly canceledJobs: ReadonlySet<number>;
  readonly broken: readonly string[];
}

/** What must hold when all jobs of a lab have ended, whatever was killed meanwhile. @returns how many jobs ended how */
export async function checkLab(lab: CheckLab): Promise<Readonly<Record<string, number>>> {
  const { store, folder, workers } = lab;
  const ends: Record<string, number> = {};
  for (const job of await store.knex("jobs").orderBy("id").select("*")) {
    await checkJob(lab, job);
    const end = endOf(job);
    ends[end] = (ends[end] ?? 0) + 1;
  }
  await checkDevices(lab);
  for (const worker of workers) expect(readdirSync(join(folder.worker(worker), "jobs")), worker).toEqual([]);
  const scratch = readdirSync(folder.scratch, { recursive: true }).map(String);
  expect(
    scratch.filter((name) => /\/\d/.test(name)),
    "temporary files of jobs",
  ).toEqual([]);
  const notes = await store.knex("log_entries").whereLike("message", "%after [%").select("object", "message");
  const said = notes.map(({ object, message }) => `${object}: ${message}`);
  expect(said, "notes about devices").toEqual([...new Set(said)]);
  return ends;
}

/** Looks at jobs that are over while the lab still runs: what is wrong shows near its cause. Does nothing while the database is away. */
export function watchEnds(lab: CheckLab): () => Promise<void> {
  const seen = new Set<number>();
  return async () => {
    expect(lab.broken, "promises that were broken on the way").toEqual([]);
    try {
      const over = await lab.store
        .knex("jobs")
        .where({ state: "Finished", log_sealed: true })
        .orderBy("id")
        .select("*");
      for (const job of over.filter(({ id }) => !seen.has(id))) {
        await checkJob(lab, job);
        seen.add(job.id);
      }
      expect(await heldIdle(lab), "devices that are free, though a job has them").toEqual([]);
    } catch (error) {
      if (/^(?:Assertion|Type|Reference)Error$/.test((error as Error).name)) throw error;
    }
    for (const device of lab.devices) checkPower(device, /^0*(?:10+)*1?$/);
  };
}

const heldIdle = ({ store }: CheckLab): Promise<readonly string[]> =>
  store
    .knex("devices as d")
    .join("jobs as j", "j.actual_device", "d.name")
    .whereIn("j.state", ["Scheduled", "Running", "Canceling"])
    .where("d.state", "Idle")
    .pluck("d.name");

async function checkJob(
  lab: CheckLab,
  job: EndedJob & LoggedJob & { readonly start_time: Date | null },
): Promise<void> {
  expect(possibleEnds(lab, job), `end of job ${job.id}`).toContain(endOf(job));
  await checkStates(lab, job.id);
  if (job.start_time !== null) await checkLog(lab, job);
}

interface EndedJob {
  readonly id: number;
  readonly definition: string;
  readonly state: string;
  readonly health: string;
  readonly error_code: string | null;
  readonly error_type: string | null;
}

const endOf = ({ state, health, error_code, error_type }: EndedJob): string =>
  state !== "Finished" ? state : health === "Incomplete" ? `${health} ${error_code ?? error_type}` : health;

/** A job ends as it wants to, unless it was killed itself, or canceled: nothing else that dies may change that. */
function possibleEnds({ killedJobs, canceledJobs }: CheckLab, { id, definition }: EndedJob): readonly string[] {
  const own = definition.includes('"hang"') ? [] : [definition.includes('"fail"') ? "Incomplete ERR_FAKE" : "Complete"];
  // killed between its log's last line and the note of its end: only the log can tell what it was
  const fromLog = definition.includes('"fail"') ? ["Incomplete Job", "Incomplete Infrastructure"] : [];
  return [
    ...own,
    ...(killedJobs.has(id) ? ["Incomplete ERR_JOB_PROCESS_DIED", ...fromLog] : []),
    ...(canceledJobs.has(id) ? ["Canceled"] : []),
  ];
}

/** States go forward, and a job is over once. */
async function checkStates({ store }: CheckLab, job: number): Promise<void> {
  const order = ["Submitted", "Scheduling", "Scheduled", "Running", "Canceling", "Finished"];
  const rows: { state: string }[] = await store.knex("test_transitions").where({ job }).orderBy("id").select("state");
  const steps = rows.map(({ state }) => order.indexOf(state));
  expect(steps, `states of job ${job}`).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(steps.at(-1), `last state of job ${job}`).toBe(order.indexOf("Finished"));
}

/** A device serves one job at a time, is switched off before the next one, and is free in the end. */
async function checkDevices({ store, devices }: CheckLab): Promise<void> {
  for (const device of await store.knex("devices").select("name", "state"))
    expect(device.state, device.name).toBe("Idle");
  const holders = new Map<string, number>();
  const rows = await store.knex("test_transitions").whereNotNull("device").orderBy("id").select("*");
  for (const { job, state, device } of rows) {
    const holder = holders.get(device);
    expect([undefined, job], `who has ${device} as job ${job} becomes ${state}`).toContain(holder);
    if (state === "Finished") holders.delete(device);
    else holders.set(device, job);
  }
  for (const device of devices) checkPower(device, /^0*(?:10+)*$/);
}

function checkPower({ name, outlet }: FakeDevice, right: RegExp): void {
  if (!existsSync(outlet)) return;
  const letters = readFileSync(outlet, "utf8").replaceAll("on\n", "1").replaceAll("off\n", "0");
  expect(letters, `power of ${name}: on (1) and off (0)`).toMatch(right);
}
