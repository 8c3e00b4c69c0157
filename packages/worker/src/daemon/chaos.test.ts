import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readYaml } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { leftProcesses } from "../job-process/left-processes.js";
import {
  type Built,
  buildJobProcess,
  type Daemon,
  endOf,
  lives,
  logOf,
  openBench,
  startDaemon,
} from "../testing/bench.js";

// Daemon, job processes and rescues are killed at random; BASALT_SOAK=1 does it for longer, BASALT_SEED repeats a run.

const kills = process.env.BASALT_SOAK ? 300 : 12;
const jobsAtOnce = 3;

let built: Built;
beforeAll(async () => {
  built = await buildJobProcess();
});
afterAll(() => built[Symbol.dispose]());

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seed = Number(process.env.BASALT_SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`whatever is killed, each job ends once, its log is whole, its board is off (seed ${seed})`, {
  timeout: 1_200_000,
}, async () => {
  using bench = openBench();
  const random = randomOf(seed);
  const jobs: number[] = [];
  const folderOf = (job: number): string => join(bench.state, "jobs", String(job));
  const outletOf = (job: number): string => bench.path(`outlet-${job}`);
  const enough = (job: number): string => bench.path(`enough-${job}`);
  const steps = (job: number) => [
    { do: "child" },
    { do: "pty" },
    { do: "lines", count: 300 },
    { do: "chatter", until: enough(job) },
  ];
  let daemon: Daemon = startDaemon(built, bench);
  const ready = () => expect.poll(() => daemon.out(), { timeout: 30_000, interval: 10 }).toContain("ready");
  await ready();
  const soon = { timeout: 30_000, interval: 5 };
  const startOne = async (): Promise<void> => {
    const job = jobs.length + 1;
    jobs.push(job);
    daemon.start(bench.job(steps(job), { job, power: { file: outletOf(job) } }));
    await expect.poll(() => existsSync(join(folderOf(job), "start.json")), soon).toBe(true);
  };
  const killFrom = (job: number, file: string): void => {
    const path = join(folderOf(job), file);
    if (!existsSync(path)) return;
    const { pid } = JSON.parse(readFileSync(path, "utf8"));
    if (lives(pid)) process.kill(pid, "SIGKILL");
  };
  for (let killed = 0; killed < kills; killed++) {
    while (jobs.filter((job) => endOf(folderOf(job)) === undefined).length < jobsAtOnce) await startOne();
    const running = jobs.filter((job) => endOf(folderOf(job)) === undefined);
    const job = running[Math.floor(random() * running.length)] ?? 1;
    const wanted = logOf(folderOf(job)).length + Math.floor(random() * 60);
    const rescued = (): boolean => existsSync(join(folderOf(job), "rescue.json"));
    const due = (): boolean => logOf(folderOf(job)).length > wanted || endOf(folderOf(job)) !== undefined || rescued();
    await expect.poll(due, soon).toBe(true);
    const what = random();
    if (what < 0.5) killFrom(job, "pid.json");
    if (what < 0.15) {
      await expect.poll(() => rescued() || endOf(folderOf(job)) !== undefined, soon).toBe(true);
      killFrom(job, "rescue.json");
    }
    if (what >= 0.5 && what < 0.65) writeFileSync(enough(job), "");
    if (what < 0.65 && random() < 0.7) continue;
    await daemon.kill();
    daemon = startDaemon(built, bench);
    await ready();
  }
  for (const job of jobs) writeFileSync(enough(job), "");
  for (const job of jobs)
    await expect.poll(() => daemon.out(), { timeout: 60_000 }).toMatch(new RegExp(`ended ${job}$`, "m"));
  await daemon.kill();
  for (const job of jobs) {
    const text = readFileSync(join(folderOf(job), "output.yaml"), "utf8");
    const { value } = await readYaml(text);
    const end = endOf(folderOf(job)) as { lines: number; errorMessage?: string };
    expect(end.lines).toBe((value as unknown[]).length);
    expect(text.match(/"definition": "lava", "case": "job"/g)).toHaveLength(1);
    expect(readFileSync(join(bench.path("mirror"), `${job}.yaml`), "utf8")).toBe(text);
    const power = existsSync(outletOf(job)) ? readFileSync(outletOf(job), "utf8").trim().split("\n") : ["off"];
    if (!end.errorMessage?.includes("may still be on"))
      expect(power.at(-1), `job ${job}: ${end.errorMessage}`).toBe("off");
    expect(await leftProcesses(folderOf(job))).toEqual([]);
  }
  expect(readdirSync(bench.scratch, { recursive: true }).filter((name) => /\/\d/.test(String(name)))).toEqual([]);
});
