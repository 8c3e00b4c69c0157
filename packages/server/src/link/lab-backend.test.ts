import { spawnSync } from "node:child_process";
import type { JsonObject } from "@basalt/core";
import type { SessionMessage } from "@basalt/link";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bodyOf, casesOf, END, LOG, lab, START_OK, scheduledJob, useDesk } from "../testing/desk-jobs.js";
import type { StartOrder } from "./link-backend.js";

useDesk();

const scheduled = (more?: JsonObject): Promise<number> => scheduledJob(lab, more);

const unknown = (job: number): SessionMessage =>
  END(job, 0, {
    result: "fail",
    errorType: "Infrastructure",
    errorCode: "ERR_JOB_UNKNOWN",
    errorMessage: "?",
    body: "",
  });
const orders = async (worker = "w1"): Promise<readonly StartOrder[]> => (await lab.backend.jobsFor(worker, [])).start;

describe("a job on its worker", () => {
  test("is started, runs, and ends when its whole log is stored; everything may come twice", async () => {
    const id = await scheduled();
    const worker = lab.connect("w1");
    await worker.look();
    expect(worker.sent).toMatchObject([
      { type: "START", job: id, compatibility: 3, version: "1.2.3", body: { device: expect.stringContaining("qemu") } },
    ]);
    worker.take();
    await worker.say(START_OK(id), START_OK(id));
    expect(await lab.job(id)).toMatchObject({ state: "Running" });
    expect((await lab.deviceRow("d1")).state).toBe("Running");
    await worker.say(LOG(id, 0, 3));
    await worker.say(LOG(id, 0, 3));
    expect(worker.take()).toEqual([`LOG_OK ${id} 3`, `LOG_OK ${id} 3`]);
    // the end is told before all of the log is here
    await worker.say(END(id, 5));
    expect(worker.take()).toEqual([`LOG_OK ${id} 3`]);
    expect(await lab.job(id)).toMatchObject({ state: "Running" });
    await worker.say(LOG(id, 3, 2));
    await worker.say(END(id, 5), END(id, 5));
    expect(worker.take()).toEqual([`LOG_OK ${id} 5`, `END_OK ${id}`, `END_OK ${id}`]);
    await lab.backend.idle();
    expect(await lab.job(id)).toMatchObject({ state: "Finished", health: "Complete", log_lines: 5, log_sealed: true });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Good" });
    expect(await casesOf(lab, id)).toEqual([1, 4]);
    expect(await lab.logs.getText(id, "description.yaml")).toBe("job: done\n");
    expect(await lab.logs.getText(id, "device.yaml")).toContain("qemu");
    // its worker says it all again after a reconnect
    const again = lab.connect("w1", [id]);
    await again.look();
    await again.say(LOG(id, 3, 2), START_OK(id), END(id, 5));
    expect(again.take()).toEqual([`CANCEL ${id}`, `LOG_OK ${id} 5`, `END_OK ${id}`]);
    expect(await casesOf(lab, id)).toEqual([1, 4]);
  });

  test("that ends before it is said to have begun has ended; the late word changes nothing", async () => {
    const id = await scheduled();
    const worker = lab.connect("w1");
    await worker.say(
      LOG(id, 0, 2),
      END(id, 2, { result: "fail", errorType: "Job", errorCode: "ERR_X", errorMessage: "m" }),
    );
    expect(worker.take()).toEqual([`LOG_OK ${id} 2`, `END_OK ${id}`]);
    await worker.say(START_OK(id));
    expect(worker.take()).toEqual([`CANCEL ${id}`]);
    expect(await lab.job(id)).toMatchObject({ health: "Incomplete", error_code: "ERR_X", error_msg: "m" });
    expect((await lab.job(id)).start_time).not.toBeNull();
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Good" });
  });

  test("that its worker can't start ends, and its device has to prove itself", async () => {
    const id = await scheduled();
    const worker = lab.connect("w1");
    const refused: SessionMessage = {
      type: "START_NO",
      job: id,
      error: { type: "Infrastructure", code: "ERR_DISK_FULL", message: "no space" },
    };
    await worker.say(refused, refused);
    expect(await lab.job(id)).toMatchObject({ state: "Finished", health: "Incomplete", error_code: "ERR_DISK_FULL" });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Unknown" });
  });

  test("canceled before its worker had it is told to the worker, and says nothing against the device", async () => {
    const id = await scheduled();
    await lab.life.cancel(id, { author: "ann" });
    const worker = lab.connect("w1");
    await worker.look();
    expect(worker.take()).toEqual([`CANCEL ${id}`]);
    await worker.say(unknown(id));
    expect(worker.take()).toEqual([`END_OK ${id}`]);
    expect(await lab.job(id)).toMatchObject({ state: "Finished", health: "Canceled" });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Good" });
  });

  test("that its worker does not know any more ends Incomplete", async () => {
    const id = await scheduled();
    await lab.life.running(id);
    const worker = lab.connect("w1");
    await worker.look();
    expect(worker.take()).toEqual([`STATUS ${id}`]);
    await worker.say(unknown(id));
    expect(await lab.job(id)).toMatchObject({ health: "Incomplete", error_code: "ERR_JOB_UNKNOWN" });
  });

  test("gets its device on a worker only when one that was given up there has let go of it", async () => {
    const lost = await scheduled();
    await lab.life.running(lost);
    await lab.life.finished(lost, { result: "fail", errorType: "Infrastructure", errorCode: "ERR_WORKER_LOST" });
    const next = await scheduled();
    const worker = lab.connect("w1", [lost]);
    await worker.look();
    expect(worker.take()).toEqual([`CANCEL ${lost}`]);
    await worker.say(END(lost, 0));
    await worker.look();
    expect(worker.take()).toEqual([`END_OK ${lost}`, `START ${next}`]);
  });

  test("is no other worker's to speak of", async () => {
    const id = await scheduled();
    const stranger = lab.connect("w2", [id]);
    await stranger.look();
    await stranger.say(START_OK(id), LOG(id, 0, 1), END(id, 0), unknown(id));
    expect(stranger.take()).toEqual([]);
    expect((await lab.job(id)).state).toBe("Scheduled");
    expect(await lab.logs.count(id)).toBe(0);
  });

  test("of a worker whose key is removed ends at once, and so do all others of it", async () => {
    await lab.device("d2");
    const ids = [await scheduled(), await scheduled()];
    await lab.life.running(ids[0] as number);
    await lab.backend.workerRevoked("w1");
    await lab.backend.workerRevoked("w1");
    for (const id of ids)
      expect(await lab.job(id)).toMatchObject({ health: "Incomplete", error_code: "ERR_WORKER_REVOKED" });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Unknown" });
    expect((await lab.store.knex("workers").where({ name: "w1" }).first()).state).toBe("Offline");
  });

  test("whatever comes how often in whatever order, ends once, with each line once and in order", async () => {
    const count = 12;
    const messages = (id: number): SessionMessage[] => [
      START_OK(id),
      ...Array.from({ length: 4 }, (_, index) => LOG(id, index * 3, 3)),
      LOG(id, 2, 5),
      END(id, count),
    ];
    const orderOf = fc.array(fc.nat({ max: 6 }), { maxLength: 14 });
    await fc.assert(
      fc.asyncProperty(orderOf, orderOf, async (first, second) => {
        const id = await scheduled();
        for (const order of [first, second]) {
          const worker = lab.connect("w1", [id]);
          await worker.say(...order.map((index) => messages(id)[index] as SessionMessage));
        }
        // at last a worker that does as it should
        const worker = lab.connect("w1", [id]);
        for (let next = await lab.logs.count(id); next < count; next = await lab.logs.count(id))
          await worker.say(LOG(id, next, count - next));
        await worker.say(END(id, count));
        await lab.backend.idle();
        expect(await lab.job(id)).toMatchObject({ state: "Finished", health: "Complete" });
        const text = bodyOf(0, count).toString();
        expect((await lab.logs.range(id, 0, 99)).toString()).toBe(text);
        expect(await casesOf(lab, id)).toEqual([1, 4, 7, 10]);
        expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Good" });
      }),
      { numRuns: process.env.BASALT_SOAK ? 300 : 20, endOnFailure: true },
    );
  });
});

describe("what can't be started", () => {
  test("for its device's texts ends its job and marks the device; others of the worker start", async () => {
    await lab.device("d2");
    const [bad, good] = [await scheduled({ device: "d1" }), await scheduled({ device: "d2" })];
    await lab.write("d1", "a: [");
    expect((await orders()).map(({ job }) => job)).toEqual([good]);
    expect(await lab.job(bad)).toMatchObject({ state: "Finished", health: "Incomplete", error_type: "Configuration" });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Bad" });
    const notes = await lab.store
      .knex("log_entries")
      .where({ kind: "device", object: "d1" })
      .orderBy("id")
      .pluck("message");
    expect(notes.at(-1)).toMatch(/Unknown → Bad \(Invalid device configuration: /);
  });

  test("for its own context ends, and its device stays as it is", async () => {
    const id = await scheduled({ context: { memory: 64 } });
    const text = '{% extends "qemu.jinja2" %}{% set x = (memory | default(1)) + 1 %}';
    await lab.write("d1", text);
    await lab.store
      .knex("jobs")
      .where({ id })
      .update({
        definition: (await lab.job(id)).definition.replace('"memory":64', '"memory":"much"'),
      });
    expect(await orders()).toEqual([]);
    expect(await lab.job(id)).toMatchObject({ health: "Incomplete", error_type: "Job", error_code: "ERR_JOB_CONTEXT" });
    expect(await lab.deviceRow("d1")).toMatchObject({ state: "Idle", health: "Good" });
  });

  test("because its device was removed ends", async () => {
    const id = await scheduled();
    await lab.store.knex("devices").where({ name: "d1" }).delete();
    expect(await orders()).toEqual([]);
    expect(await lab.job(id)).toMatchObject({ health: "Incomplete", error_code: "ERR_DEVICE_GONE" });
  });

  test("for the database's trouble waits, and holds up no cancel", async () => {
    await lab.device("d2");
    const [id, other] = [await scheduled({ device: "d1" }), await scheduled({ device: "d2" })];
    await lab.life.cancel(other, { author: "ann" });
    await lab.store.knex.raw("alter table remote_artifact_tokens rename to away");
    expect(await lab.backend.jobsFor("w1", [])).toMatchObject({ start: [], cancel: [other] });
    await lab.store.knex.raw("alter table away rename to remote_artifact_tokens");
    expect((await lab.job(id)).state).toBe("Scheduled");
    expect((await orders()).map(({ job }) => job)).toEqual([id]);
  });
});

describe("what is sent with START", () => {
  test("is the number for the device it got, by the server that sends it", async () => {
    const id = await scheduled();
    await lab.store.knex("jobs").where({ id }).update({ compatibility: 99 });
    expect(await orders()).toMatchObject([{ job: id, compatibility: 3 }]);
  });

  test("tokens take the place of their names, and stay out of every file and log of the server", async () => {
    await lab.store.knex("remote_artifact_tokens").insert({ user_id: lab.person.id, name: "mytoken", token: "s3cr3t" });
    const images = { kernel: { url: "http://a/k", headers: { "PRIVATE-TOKEN": "mytoken" } } };
    const id = await scheduled({
      secrets: { key: "mytoken", other: "plain" },
      actions: [{ deploy: { to: "test", images } }, { command: { name: "mytoken" } }],
    });
    const [order] = await orders();
    expect(parse(order?.definition ?? "")).toMatchObject({
      secrets: { key: "s3cr3t", other: "plain" },
      actions: [
        { deploy: { images: { kernel: { url: "http://a/k", headers: { "PRIVATE-TOKEN": "s3cr3t" } } } } },
        { command: { name: "mytoken" } },
      ],
    });
    await lab.backend.idle();
    await lab.backend.started(id, "w1");
    expect((await lab.job(id)).definition).not.toContain("s3cr3t");
    expect(lab.logLines.join("\n")).not.toContain("s3cr3t");
    // 1: nothing found
    expect(spawnSync("grep", ["-r", "s3cr3t", lab.folder]).status).toBe(1);
  });

  test("the settings of the worker, else those of all", async () => {
    await scheduled();
    await lab.store.knex("documents").insert([
      { kind: "env", name: "", revision: 1, text: "all: 1", current: true },
      { kind: "env", name: "w1", revision: 1, text: "mine: 1", current: true },
      { kind: "dispatcher", name: "", revision: 1, text: "dispatcher_ip: 1.2.3.4", current: true },
      { kind: "env-dut", name: "w2", revision: 1, text: "other: 1", current: true },
    ]);
    expect(await orders()).toMatchObject([{ env: "mine: 1", dispatcher: "dispatcher_ip: 1.2.3.4", envDut: "" }]);
  });

  test("members of a group know each other; a guest gets what it needs of its host's device, on its host's worker", async () => {
    await lab.device("d2", { worker: "w2" });
    const roles = {
      client: { device_type: "qemu", count: 1, worker: "w1" },
      host: { device_type: "qemu", count: 1, worker: "w2" },
      guest: { connection: "ssh", count: 1, host_role: "host", expect_role: "host" },
    };
    const ids = await lab.submit({
      device_type: undefined as never,
      protocols: { "lava-multinode": { roles } },
      actions: [{ command: { name: "x", role: ["client", "host", "guest"] } }],
    });
    await lab.pass();
    expect(await Promise.all(ids.map(async (id) => (await lab.job(id)).worker))).toEqual(["w1", "w2", "w2"]);
    const members = { [ids[0]]: "client", [ids[1] as number]: "host", [ids[2] as number]: "guest" };
    const all = [...(await orders("w1")), ...(await orders("w2"))];
    expect(
      all.map(({ job }) => job),
      String((await lab.job(ids[2] as number)).error_msg),
    ).toEqual(ids);
    for (const { definition } of all) expect(parse(definition).protocols["lava-multinode"].roles).toEqual(members);
    const host = parse(all[1]?.device ?? "");
    const guest = parse(all[2]?.device ?? "");
    expect(Object.keys(guest)).not.toContain("commands");
    expect(guest.parameters).toEqual({});
    expect(guest.constants["kernel-start-message"]).toBe("");
    expect(guest.actions.boot.methods).toEqual(host.actions.boot.methods);
    await lab.backend.idle();
  });
});
