import type { LinkSession } from "@basalt/link";
import { FakeClock } from "@basalt/testing";
import { expect, test } from "vitest";
import { END } from "../testing/desk-jobs.js";
import type { JobBelongs, LinkBackend } from "./link-backend.js";
import type { LogLanes } from "./log-lanes.js";
import { makeWorkerDesk } from "./worker-desk.js";

test("a job that ends while the database is asked about it is let go, and not canceled after that", async () => {
  const asked: { answer?: (found: JobBelongs) => void } = {};
  const belongs: LinkBackend["belongs"] = (_worker, jobs) =>
    asked.answer
      ? Promise.resolve(new Map(jobs.map((job) => [job, "own"])))
      : new Promise((resolve) => {
          asked.answer = (found) => resolve(new Map(jobs.map((job) => [job, found])));
        });
  const backend: Partial<LinkBackend> = {
    jobsFor: async () => ({ start: [], cancel: [], running: [], held: [] }),
    belongs,
    appendLog: async ({ from }) => ({ next: from }),
    ended: async () => {},
  };
  const sent: string[] = [];
  const ignored = (): void => {};
  const desk = makeWorkerDesk({
    session: { id: "w1-1", name: "w1", version: "1", jobs: [1] } satisfies Partial<LinkSession> as LinkSession,
    backend: backend as LinkBackend,
    lanes: {} as LogLanes,
    log: { debug: ignored, info: ignored, warning: ignored, error: ignored },
    clock: new FakeClock(),
    complain: ignored,
    send: ({ type }) => sent.push(type) > 0,
  });
  desk.look();
  await expect.poll(() => asked.answer).toBeDefined();
  desk.message(END(1, 0));
  await expect.poll(() => sent).toEqual(["END_OK"]);
  asked.answer?.("over");
  await desk.idle();
  expect(sent).toEqual(["END_OK"]);
});
