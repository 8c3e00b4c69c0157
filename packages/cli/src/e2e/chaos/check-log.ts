import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseResult, resultLines } from "@basalt/server";
import { expect } from "vitest";
import type { CheckLab } from "./check-lab.js";
import { textOf } from "./torn-disk.js";

interface Case {
  readonly suite: string;
  readonly name: string;
  readonly result: string;
  readonly line: number;
}

/** A job whose log is looked at. */
export interface LoggedJob {
  readonly id: number;
  readonly health: string;
  readonly log_lines: number;
}

/** A job's log is its journal, line by line; the journal itself is whole; the tables hold its results, each once. */
export async function checkLog(lab: CheckLab, { id, health, log_lines }: LoggedJob): Promise<void> {
  const { logs, folder } = lab;
  const count = await logs.count(id);
  const log = await logs.range(id, 0, count);
  const path = join(folder.journals, `${id}.yaml`);
  if (existsSync(path)) expect(log.toString(), `log of job ${id}`).toBe(readFileSync(path, "utf8"));
  const numbers = [...log.toString().matchAll(/"msg": "count (\d+)"/g)].map(([, number]) => Number(number));
  expect(numbers, `numbered lines of job ${id}`).toEqual(numbers.map((_, index) => index));
  expect(log_lines, `lines of job ${id}`).toBe(count);
  if (count > 0) await checkPacked(lab, id, log.toString().split("\n").slice(0, -1));
  const ends = (await checkResults(lab, id, log)).filter(({ suite, name }) => suite === "lava" && name === "job");
  if (count > 0) expect(ends, `ends in the log of job ${id}`).toHaveLength(1);
  if (health === "Complete") expect(ends[0]?.result, `job ${id}`).toBe("pass");
  if (health === "Incomplete") expect(ends[0]?.result, `job ${id}`).toBe("fail");
}

async function checkResults({ store }: CheckLab, id: number, log: Buffer): Promise<readonly Case[]> {
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
  return cases;
}

/** The log is packed, and any page of it can be found. */
async function checkPacked({ logs, folder, random }: CheckLab, id: number, lines: readonly string[]): Promise<void> {
  const plain = textOf(join(folder.server, "logs"), id);
  expect(existsSync(`${plain}.gz`), `packed log of job ${id}`).toBe(true);
  expect(existsSync(plain), `plain log of job ${id} beside the packed one`).toBe(false);
  for (let pages = 0; pages < 3; pages++) {
    const begin = random.below(lines.length + 1);
    const page = (await logs.range(id, begin, begin + 20)).toString();
    expect(page, `lines ${begin} to ${begin + 20} of job ${id}`).toBe(
      lines
        .slice(begin, begin + 20)
        .map((line) => `${line}\n`)
        .join(""),
    );
  }
}
