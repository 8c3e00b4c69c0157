import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect } from "vitest";
import type { Victim } from "./aims.js";
import { type LabParts, workers } from "./lab-parts.js";
import { lives, postmasterOf, processesOf } from "./lab-processes.js";
import type { Passing } from "./moments.js";
import { tear } from "./torn-disk.js";

/** What a kill did. */
export interface Struck {
  /** Whom it met; undefined where there was no such process. */
  readonly words?: string | undefined;
  /** The job whose process was killed. */
  readonly job?: number | undefined;
}

/** Kills (SIGKILL) a part of the lab, the one that a message told of where there is one, and starts it again where nothing else would. */
export async function strike(parts: LabParts, victim: Victim, passing: Passing | undefined): Promise<Struck> {
  const { server, daemons, random, folder } = parts;
  switch (victim) {
    case "server": {
      await server.kill();
      const torn = random() < 0.6 ? tear(join(folder.server, "logs"), random) : undefined;
      server.start();
      return { words: torn === undefined ? "server" : `server; ${torn}` };
    }
    case "worker": {
      const which = daemons.find(({ name }) => name === passing?.worker) ?? random.pick(daemons);
      await which?.kill();
      which?.start();
      return { words: which?.name };
    }
    case "job": {
      const job = killJob(parts, passing?.header.job);
      return job === undefined ? {} : { words: `job ${basename(job)}`, job: Number(basename(job)) };
    }
    case "rescue":
      return killRescue(parts);
    case "postgres":
      return killPid(postmasterOf(folder)) ? { words: "postgres" } : {};
  }
}

/** Kills a job's process. @returns the job's folder */
function killJob({ folder, random }: LabParts, wanted?: number): string | undefined {
  const found = workers.flatMap((name) => {
    const jobs = join(folder.worker(name), "jobs");
    return (existsSync(jobs) ? readdirSync(jobs) : []).map((job) => join(jobs, job));
  });
  const running = found.filter((job) => existsSync(join(job, "pid.json"))).sort();
  const path = running.find((job) => job.endsWith(`/${wanted}`)) ?? random.pick(running);
  return path !== undefined && killPid(pidIn(join(path, "pid.json"))) ? path : undefined;
}

/** Kills some job's process, and what tidies up after it, if there comes to be such a thing soon. */
async function killRescue(parts: LabParts): Promise<Struck> {
  const path = killJob(parts);
  if (path === undefined) return {};
  const rescue = join(path, "rescue.json");
  const begin = performance.now();
  const there = (): boolean => existsSync(rescue) || !existsSync(path) || performance.now() - begin > 5_000;
  await expect.poll(there, { timeout: 60_000, interval: 2 }).toBe(true);
  const job = Number(basename(path));
  return { job, words: killPid(pidIn(rescue)) ? `job ${job} and its rescue` : undefined };
}

/** Ends whatever is left of a lab. */
export async function killAll({ server, daemons, folder, lines }: LabParts): Promise<void> {
  for (const each of [server, ...daemons]) await each.kill();
  for (const line of processesOf(folder)) killPid(Number.parseInt(line, 10));
  for (const line of lines.values()) await line[Symbol.asyncDispose]();
}

/** @returns whether it lived */
function killPid(pid: number | undefined): boolean {
  if (pid === undefined || !lives(pid)) return false;
  try {
    return process.kill(pid, "SIGKILL");
  } catch {
    return false; // it ended just now
  }
}

/** The process that a file names; undefined where it is gone just now. */
export function pidIn(path: string): number | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")).pid;
  } catch {
    return undefined;
  }
}
