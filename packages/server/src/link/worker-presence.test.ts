import type { JsonObject } from "@basalt/core";
import { describe, expect, test } from "vitest";
import { keepHouse } from "../housekeeping.js";
import { END, LOG, lab, scheduledJob, useDesk } from "../testing/desk-jobs.js";
import { makeWorkerPresence } from "./worker-presence.js";

useDesk();

const scheduled = (more?: JsonObject): Promise<number> => scheduledJob(lab, more);
const thisServer = { id: "00000000-0000-4000-8000-000000000001", url: "http://a", version: "1", log_folder: "/a" };

describe("a worker", () => {
  test("that nobody added is refused, or added where that is wished; also twice at once", async () => {
    expect(await lab.backend.workerHello("new", "1", "s")).toMatchObject({ ok: false, code: "ERR_WORKER_UNKNOWN" });
    const open = lab.backendOf(true);
    const answers = await Promise.all([open.workerHello("new", "1", "a"), open.workerHello("new", "1", "b")]);
    expect(answers).toMatchObject([{ ok: true }, { ok: true }]);
    expect(await lab.store.knex("workers").where({ name: "new" })).toHaveLength(1);
  });

  test("may say hello to a server that others took for gone", async () => {
    expect(await lab.backend.workerHello("w1", "2.0", "s1")).toEqual({ ok: true, interval: 5 });
    lab.backend.workerSeen("w1");
    await lab.backend.idle();
    expect(lab.logLines.join()).not.toContain("failed");
    expect(await lab.store.knex("workers").where({ name: "w1" }).first()).toMatchObject({
      version: "2.0",
      server: null,
    });
  });

  test("that stops gets no new job; those it has wait and run on, and end when it is back", async () => {
    await lab.device("d2");
    await lab.device("d3");
    const [runs, waits] = [await scheduled(), await scheduled()];
    await lab.life.running(runs);
    await lab.backend.workerHello("w1", "1", "first");
    await lab.backend.workerGone("w1", "first");
    const [later] = await lab.submit();
    await lab.pass();
    await keepHouse({ ...lab, server: thisServer, jobLostAfter: 600 }, Number.POSITIVE_INFINITY);
    const states = () => Promise.all([runs, waits, later].map(async (id) => (await lab.job(id)).state));
    expect(await states()).toEqual(["Running", "Scheduled", "Submitted"]);
    expect((await lab.job(later)).waits_for).toContain("offline");

    await lab.backend.workerHello("w1", "1", "second");
    await lab.pass();
    const worker = lab.connect("w1", [runs]);
    await worker.look();
    expect(worker.take()).toEqual([`START ${waits}`, `START ${later}`]);
    await worker.say(LOG(runs, 0, 2), END(runs, 2));
    expect(await lab.job(runs)).toMatchObject({ state: "Finished", health: "Complete" });
  });

  test("that said something just before its goodbye is gone all the same", async () => {
    for (let round = 0; round < 20; round++) {
      await lab.backend.workerHello("w1", "1", `s${round}`);
      for (let i = 0; i < 3; i++) lab.backend.workerSeen("w1");
      await lab.backend.workerGone("w1", `s${round}`);
      await lab.backend.idle();
      expect((await lab.store.knex("workers").where({ name: "w1" }).first()).state).toBe("Offline");
    }
  });

  test("that went to another server is not taken for gone by the one it left", async () => {
    await lab.backend.workerHello("w1", "1", "new");
    await lab.backend.workerGone("w1", "old");
    expect((await lab.store.knex("workers").where({ name: "w1" }).first()).state).toBe("Online");
    await lab.backend.workerGone("w1", "new");
    expect((await lab.store.knex("workers").where({ name: "w1" }).first()).state).toBe("Offline");
  });
});

test("a goodbye is written after all that was heard before it, in whatever order the database is done with that", async () => {
  const begun: (() => void)[] = [];
  const transaction = () => new Promise<never>((resolve) => begun.push(resolve as () => void));
  const store = { ...lab.store, transaction };
  const presence = makeWorkerPresence({ ...lab, store, serverId: thisServer.id, autoRegister: false });
  const heard = [presence.seen("w1"), presence.seen("w1")];
  begun[1]?.();
  await heard[1];
  const gone = presence.workerGone("w1", "s");
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toHaveLength(2);
  begun[0]?.();
  await heard[0];
  await new Promise((resolve) => setImmediate(resolve));
  expect(begun).toHaveLength(3);
  begun[2]?.();
  await gone;
});
