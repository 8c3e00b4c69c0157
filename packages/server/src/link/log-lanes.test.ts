import { describe, expect, it } from "vitest";
import type { LogLines } from "./link-backend.js";
import { makeLogLanes } from "./log-lanes.js";

const lines = (job: number, from: number, count: number, worker = "w1"): LogLines => ({
  job,
  worker,
  from,
  count,
  body: Buffer.from(Array.from({ length: count }, (_, at) => `${from + at}\n`).join("")),
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A store whose appends end when the test says so. */
function slowStore() {
  const asked: LogLines[] = [];
  const answers: { resolve(next: number): void; reject(error: Error): void }[] = [];
  const told: string[] = [];
  const lanes = makeLogLanes({
    backend: {
      appendLog(batch) {
        asked.push(batch);
        return new Promise((resolve, reject) => answers.push({ resolve: (next) => resolve({ next }), reject }));
      },
    },
    stored: (job, worker, next) => told.push(`${worker} ${job} ${next}`),
    failed: (job, _worker, error) => told.push(`${job} ${error.message}`),
  });
  return { lanes, asked, answers, told };
}

describe("log lanes", () => {
  it("store what came meanwhile as one, where it fits together", async () => {
    const { lanes, asked, answers, told } = slowStore();
    lanes.push(lines(1, 0, 2));
    for (const more of [lines(1, 2, 1), lines(1, 3, 2), lines(1, 9, 1)]) lanes.push(more);
    answers[0]!.resolve(2);
    await turn();
    expect(asked).toHaveLength(2);
    expect([asked[1]!.from, asked[1]!.count, Buffer.from(asked[1]!.body).toString()]).toEqual([2, 3, "2\n3\n4\n"]);
    answers[1]!.resolve(5);
    await turn();
    expect(asked).toHaveLength(3);
    expect(asked[2]).toMatchObject({ from: 9, count: 1 });
    answers[2]!.resolve(5);
    await lanes.idle();
    expect(told).toEqual(["w1 1 2", "w1 1 5", "w1 1 5"]);
  });

  it("store several jobs at once, each in its order", async () => {
    const { lanes, asked, answers } = slowStore();
    lanes.push(lines(1, 0, 1));
    lanes.push(lines(2, 0, 1));
    lanes.push(lines(1, 1, 1));
    expect(asked.map(({ job }) => job)).toEqual([1, 2]);
    for (const answer of answers) answer.resolve(1);
    await turn();
    expect(asked).toHaveLength(3);
    answers[2]!.resolve(2);
    await lanes.idle();
  });

  it("drop what follows a failure, and go on after it", async () => {
    const { lanes, asked, answers, told } = slowStore();
    lanes.push(lines(1, 0, 1));
    lanes.push(lines(1, 1, 1));
    answers[0]!.reject(new Error("disk full"));
    await lanes.idle();
    expect([asked.length, told]).toEqual([1, ["1 disk full"]]);
    lanes.push(lines(1, 0, 1));
    answers[1]!.resolve(1);
    await lanes.idle();
    expect(told).toEqual(["1 disk full", "w1 1 1"]);
  });

  it("keep no more than 32 MiB of a worker, and count right", async () => {
    const { lanes, asked, answers } = slowStore();
    const big = { ...lines(1, 0, 1), body: new Uint8Array(1 << 20) };
    let taken = 0;
    while (lanes.push({ ...big, from: taken })) taken++;
    expect(taken).toBe(31);
    expect(lanes.push(lines(2, 0, 1, "w2"))).toBe(true);
    for (let at = 0; asked.length > at; at++) {
      answers[at]!.resolve(1);
      await turn();
    }
    await lanes.idle();
    let again = 0;
    while (lanes.push({ ...big, from: again })) again++;
    expect(again).toBe(31);
  });
});
