import type { Knex } from "knex";
import { channels, type DeviceNotice, type JobNotice, type WorkerNotice } from "./channels.js";

type Db = Knex | Knex.Transaction;

const notify = async (db: Db, channel: string, payloads: readonly string[]): Promise<void> => {
  if (payloads.length === 0) return;
  await db.raw("select pg_notify(?, payload) from unnest(?::text[]) as payload", [channel, [...payloads]]);
};

const json = (value: unknown): string => JSON.stringify(value);

export const notifyJobs = (db: Db, notices: readonly JobNotice[]): Promise<void> =>
  notify(db, channels.jobs, notices.map(json));
export const notifyDevices = (db: Db, notices: readonly DeviceNotice[]): Promise<void> =>
  notify(db, channels.devices, notices.map(json));
export const notifyWorkers = (db: Db, notices: readonly WorkerNotice[]): Promise<void> =>
  notify(db, channels.workers, notices.map(json));
/** Asks for a scheduling pass; PostgreSQL sends equal notices of one transaction once. */
export const notifySchedule = (db: Db): Promise<void> => notify(db, channels.schedule, [""]);
/** Tells that people, groups, tokens or rights changed: no server goes on with what it remembers of them. */
export const notifyPeople = (db: Db): Promise<void> => notify(db, channels.people, [""]);
