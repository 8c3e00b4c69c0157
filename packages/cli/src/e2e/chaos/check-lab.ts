import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type LogStore, parseResult, resultLines, type Store } from "@basalt/server";
import { expect } from "vitest";
import type { FakeDevice } from "./fake-devices.js";
import type { LabFolder } from "./lab-processes.js";

export interface CheckLab {
  readonly store: Store;
  readonly logs: LogStore;
  readonly folder: LabFolder;
  readonly devices: readonly FakeDevice[];
  readonly workers: readonly string[];
}

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly result: string;
  readonly line: number;
}

/** What must hold when all jobs of a lab have ended, whatever was killed meanwhile. @returns how many jobs ended how */
export async function checkLab(lab: CheckLab): Promise<Readonly<Record<string, number>>> {
  const { store, folder, devices, workers } = lab;
  const jobs = await store.knex("jobs").orderBy("id").select("*");
  const ends: Record<string, number> = {};
  for (const job of jobs) {
    expect(job.state, `job ${job.id}`).toBe("Finished");
    expect(["Complete", "Incomplete", "Canceled"], `job ${job.id}`).toContain(job.health);
    const what = job.health === "Incomplete" ? `${job.health} ${job.error_code ?? job.error_type}` : job.health;
    ends[what] = (ends[what] ?? 0) + 1;
    const states = (await store.knex("test_transitions").where({ job: job.id }).orderBy("id").select("state")).map(
      ({ state }) => state,
    );
    expect(
      states.filter((state) => state === "Finished"),
      `job ${job.id}: ${states}`,
    ).toHaveLength(1);
    expect(states.at(-1), `job ${job.id}: ${states}`).toBe("Finished");
    if (job.start_time !== null) await checkLog(lab, job.id);
  }
  for (const device of await store.knex("devices").select("name", "state"))
    expect(device.state, device.name).toBe("Idle");
  for (const { name, outlet } of devices)
    if (existsSync(outlet)) expect(readFileSync(outlet, "utf8").trim().split("\n").at(-1), name).toBe("off");
  for (const worker of workers) expect(readdirSync(join(folder.worker(worker), "jobs")), worker).toEqual([]);
  const scratch = readdirSync(folder.scratch, { recursive: true }).map(String);
  expect(
    scratch.filter((name) => /\/\d/.test(name)),
    "temporary files of jobs",
  ).toEqual([]);
  return ends;
}

/** A job's log is its journal, line by line; the journal itself is whole; the tables hold its results. */
async function checkLog({ store, logs, folder }: CheckLab, id: number): Promise<void> {
  const count = await logs.count(id);
  const log = await logs.range(id, 0, count);
  const path = join(folder.journals, `${id}.yaml`);
  if (existsSync(path)) expect(log.toString(), `log of job ${id}`).toBe(readFileSync(path, "utf8"));
  const numbers = [...log.toString().matchAll(/"msg": "count (\d+)"/g)].map(([, number]) => Number(number));
  expect(numbers, `numbered lines of job ${id}`).toEqual(numbers.map((_, index) => index));
  const cases: Case[] = resultLines(log, 0)
    .flatMap((line) => parseResult(line) ?? [])
    .map(({ suite, name, result, line }) => ({ suite, name, result, line }));
  const stored: Case[] = await store
    .knex("test_cases as c")
    .join("test_suites as s", "s.id", "c.suite_id")
    .where("s.job_id", id)
    .orderBy("c.log_line")
    .select("s.name as suite", "c.name", "c.result", "c.log_line as line");
  expect(stored, `results of job ${id}`).toEqual(cases);
  const row = await store.knex("jobs").where({ id }).first("log_lines", "health");
  expect(row.log_lines, `lines of job ${id}`).toBe(count);
  const ends = cases.filter(({ suite, name }) => suite === "lava" && name === "job");
  if (count > 0) expect(ends, `ends in the log of job ${id}`).toHaveLength(1);
  if (row.health === "Complete") expect(ends[0]?.result, `job ${id}`).toBe("pass");
}
