import { formatLogLine, type JsonObject } from "@basalt/core";
import type { SessionMessage } from "@basalt/link";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { type TestDesk, testDesk } from "./test-desk.js";

const dt = "2026-08-01T10:00:00.123000+00:00";
/** Every third line is a result. */
const lineOf = (index: number): string =>
  index % 3 === 1
    ? formatLogLine({ dt, lvl: "results", msg: { definition: "0_smoke", case: `c${index}`, result: "pass" } })
    : formatLogLine({ dt, lvl: "target", msg: `line ${index}` });

/** Lines of a job's log, as LOG carries them. */
export const bodyOf = (from: number, count: number): Buffer =>
  Buffer.from(Array.from({ length: count }, (_, index) => `${lineOf(from + index)}\n`).join(""));
export const LOG = (job: number, from: number, count: number): SessionMessage => ({
  type: "LOG",
  job,
  from,
  count,
  body: bodyOf(from, count),
});
export const END = (job: number, lines: number, more: JsonObject = {}): SessionMessage =>
  ({ type: "END", job, result: "pass", lines, body: "job: done\n", ...more }) as SessionMessage;
export const START_OK = (job: number): SessionMessage => ({ type: "START_OK", job });

/** Lines that the results of a job were read of. */
export const casesOf = ({ store }: TestDesk, job: number): Promise<number[]> =>
  store
    .knex("test_cases as c")
    .join("test_suites as s", "s.id", "c.suite_id")
    .where("s.job_id", job)
    .orderBy("c.id")
    .pluck("c.log_line");

/** A new job that was given a device. */
export async function scheduledJob(lab: TestDesk, more: JsonObject = {}): Promise<number> {
  const [id] = await lab.submit(more);
  await lab.pass();
  expect((await lab.job(id)).state).toBe("Scheduled");
  return id;
}

/** For the next test: no jobs, no devices, both workers there. */
async function clearDesk({ backend, store, logLines }: TestDesk): Promise<void> {
  await backend.idle();
  for (const table of ["jobs", "devices", "documents"]) await store.knex(table).delete();
  await store.knex("workers").update({ state: "Online" });
  logLines.length = 0;
}

/** The desk of a file's tests, once {@link useDesk} was called. */
export let lab: TestDesk;

/** One desk for all tests of a file, each with an idle device d1. */
export function useDesk(): void {
  beforeAll(async () => {
    lab = await testDesk();
  });
  afterAll(() => lab[Symbol.asyncDispose]());
  beforeEach(async () => {
    await lab.device("d1");
  });
  afterEach(() => clearDesk(lab));
}
