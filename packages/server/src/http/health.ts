import { statfs } from "node:fs/promises";
import type { Clock } from "@basalt/core";
import type { Store } from "../store/store.js";

export interface HealthOptions {
  readonly store: Store;
  readonly clock: Pick<Clock, "deadline">;
  /** Where logs are kept. */
  readonly folder?: string;
  /** What is wrong with the link to the workers, in words; undefined where nothing is. */
  readonly link?: () => string | undefined;
}

const leastFreeBytes = 256 * 1024 * 1024;
const databaseMs = 3_000;

export interface Health {
  readonly good: boolean;
  /** `ok`, or what is wrong. */
  readonly checks: Readonly<Record<string, string>>;
}

/** Whether this server can do its work. */
export async function checkHealth({ store, clock, folder, link }: HealthOptions): Promise<Health> {
  const checks: Record<string, string> = { database: await database(store, clock) };
  if (folder !== undefined) checks.disk = await disk(folder);
  if (link) checks.link = link() ?? "ok";
  return { good: Object.values(checks).every((text) => text === "ok"), checks };
}

async function database(store: Store, clock: Pick<Clock, "deadline">): Promise<string> {
  using deadline = clock.deadline(databaseMs, "asking the database");
  const late = new Promise<never>((_resolve, reject) => {
    deadline.signal.addEventListener("abort", () => reject(deadline.signal.reason), { once: true });
  });
  try {
    await Promise.race([store.knex.raw("select 1"), late]);
    return "ok";
  } catch {
    return "the database does not answer";
  }
}

async function disk(folder: string): Promise<string> {
  try {
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    return free >= leastFreeBytes ? "ok" : `only ${Math.floor(free / 1024 / 1024)} MiB are free where logs are kept`;
  } catch {
    return "the folder of the logs can't be read";
  }
}
