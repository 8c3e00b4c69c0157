import { execFileSync } from "node:child_process";
import type { JsonObject } from "@basalt/core";
import { describe, expect, test } from "vitest";
import { bodyOf, casesOf, END, LOG, lab, START_OK, scheduledJob, useDesk } from "../testing/desk-jobs.js";

useDesk();

const scheduled = (more?: JsonObject): Promise<number> => scheduledJob(lab, more);
const given = { result: "fail", errorType: "Infrastructure", errorCode: "ERR_WORKER_LOST" } as const;
const weekAgo = (): Date => new Date(Date.now() - 8 * 86_400_000);

describe("a job on its worker", () => {
  test("that was given up stays so when its worker comes back with it; the rest of its log is kept, it is let go", async () => {
    const id = await scheduled();
    const before = lab.connect("w1");
    await before.say(START_OK(id), LOG(id, 0, 2));
    await lab.life.finished(id, given);
    expect(await lab.sealer.sweep()).toBe(0);
    const worker = lab.connect("w1", [id]);
    await worker.look();
    await worker.say(LOG(id, 0, 0), LOG(id, 2, 3), END(id, 8));
    expect(worker.take()).toEqual([`CANCEL ${id}`, `LOG_OK ${id} 2`, `LOG_OK ${id} 5`, `LOG_OK ${id} 5`]);
    await worker.say(LOG(id, 5, 3), END(id, 8), END(id, 8));
    expect(worker.take()).toEqual([`LOG_OK ${id} 8`, `END_OK ${id}`, `END_OK ${id}`]);
    await lab.backend.idle();
    const ended = { health: "Incomplete", error_code: "ERR_WORKER_LOST", log_lines: 8, log_sealed: true };
    expect(await lab.job(id)).toMatchObject(ended);
    expect(await casesOf(lab, id)).toEqual([1, 4, 7]);
    expect((await lab.logs.range(id, 0, 99)).toString()).toBe(bodyOf(0, 8).toString());
  });

  test("that was given up has its log packed when its worker is back without it, or is not back in a week; then late lines are let go", async () => {
    await lab.device("d2");
    const [forgotten, awaited] = [await scheduled(), await scheduled()];
    for (const id of [forgotten, awaited]) {
      await lab.logs.append(id, { from: 0, count: 2, body: bodyOf(0, 2) });
      await lab.life.running(id);
      await lab.life.finished(id, given);
    }
    const worker = lab.connect("w1", [awaited]);
    await worker.look();
    await lab.backend.idle();
    expect(await lab.job(forgotten)).toMatchObject({ log_sealed: true, log_lines: 2 });
    expect(await lab.job(awaited)).toMatchObject({ log_sealed: false });
    await lab.store.knex("jobs").where({ id: awaited }).update({ end_time: weekAgo() });
    expect(await lab.sealer.sweep()).toBe(1);
    worker.take();
    await worker.say(LOG(awaited, 2, 3), END(awaited, 5));
    expect(worker.take()).toEqual([`LOG_OK ${awaited} 5`, `END_OK ${awaited}`]);
    expect(await lab.logs.count(awaited)).toBe(2);
  });

  test("that an admin failed has the rest of its log, and is let go", async () => {
    const id = await scheduled();
    const worker = lab.connect("w1");
    await worker.say(START_OK(id));
    await lab.life.fail(id, { author: "ann", reason: "stuck" });
    await worker.look();
    await worker.say(LOG(id, 0, 3), END(id, 3));
    expect(worker.take()).toEqual([`CANCEL ${id}`, `LOG_OK ${id} 3`, `END_OK ${id}`]);
    await lab.backend.idle();
    expect(await lab.logs.count(id)).toBe(3);
    expect(await lab.job(id)).toMatchObject({ health: "Incomplete", failure_comment: "stuck", log_sealed: true });
  });
});

test("a server that died after a job's end packs its log when the worker is back, its results first", async () => {
  const id = await scheduled();
  await lab.logs.append(id, { from: 0, count: 5, body: bodyOf(0, 5) });
  await lab.life.finished(id, { result: "pass" });
  const [canceled] = await lab.submit();
  await lab.life.cancel(canceled, { author: "ann" });
  // nobody had the second one
  expect(await lab.sealer.sweep()).toBe(1);
  await lab.connect("w1").look();
  await lab.backend.idle();
  expect(await lab.sealer.sweep()).toBe(0);
  expect(await lab.job(id)).toMatchObject({ log_sealed: true, log_lines: 5 });
  expect(await casesOf(lab, id)).toEqual([1, 4]);
  expect(execFileSync("find", [lab.folder, "-path", `*/${id}/output.yaml.gz`], { encoding: "utf8" })).not.toBe("");
  expect(execFileSync("find", [lab.folder, "-path", `*/${canceled}/*`], { encoding: "utf8" })).toBe("");
});
