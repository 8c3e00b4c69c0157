import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fillLab } from "./scheduling.mjs";

const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

const jobText = JSON.stringify({
  job_name: "bench",
  device_type: "fake",
  visibility: "public",
  timeouts: { job: { minutes: 5 } },
  actions: [{ boot: { method: "fake", steps: [{ do: "pass" }] } }],
});

/** Milliseconds from handing in a job to START at its worker, whose device is free: a worker that ends each job at once. */
export async function measureStart({ product }, lab, { submit, rounds }) {
  await fillLab(product, lab.store, { worker: "starter", devices: ["starter-1"] });
  let started = () => {};
  let ready = () => {};
  const up = new Promise((resolve) => {
    ready = resolve;
  });
  const socket = product.openWorkerSocket({
    server: lab.endpoint,
    name: "starter",
    version: "0.1.0",
    log: product.silentDaemonLog,
    handlers: {
      jobs: () => [],
      up: () => ready(),
      down() {},
      revoked() {},
      message({ type, job }) {
        if (type !== "START") return;
        started(performance.now());
        void socket.send({ type: "START_OK", job });
        void socket.send({ type: "END", job, result: "pass", lines: 0, body: "" });
      },
    },
  });
  await up;
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const start = new Promise((resolve) => {
      started = resolve;
    });
    const begin = performance.now();
    await submit(jobText);
    times.push((await start) - begin);
    await lab.until("idle device", async () => {
      const row = await lab.store.knex("devices").where({ name: "starter-1" }).first("state");
      return row.state === "Idle";
    });
  }
  await socket[Symbol.asyncDispose]();
  await lab.store.knex("devices").where({ name: "starter-1" }).update({ health: "Retired" });
  return { median: median(times), best: Math.min(...times) };
}

/** `basalt worker` beside a lab's server. */
export function startWorker({ script, plugin }, lab, name) {
  const file = openSync(join(lab.folder, `${name}.log`), "a");
  const state = join(lab.folder, `worker-${name}`);
  const child = spawn(
    process.execPath,
    [script, "worker", "--server", lab.endpoint, "--name", name, "--state-folder", state, "--plugin", plugin],
    { cwd: lab.folder, stdio: ["ignore", file, file] },
  );
  const gone = new Promise((resolve) => child.once("exit", resolve));
  return {
    pid: child.pid,
    isUp: () =>
      readFileSync(join(lab.folder, `${name}.log`), "utf8").includes("Connection with the master established"),
    async close() {
      child.kill("SIGTERM");
      await gone;
    },
  };
}

/** Milliseconds from handing in a job to the first record that its own process wrote, by the record's time. */
export async function measureFirstRecord(built, lab, { submit, rounds }) {
  await fillLab(built.product, lab.store, { worker: "real", devices: ["real-1"] });
  const worker = startWorker(built, lab, "real");
  await lab.until("worker", worker.isUp);
  const times = [];
  for (let round = 0; round < rounds; round++) {
    const begin = Date.now();
    const id = await submit(jobText);
    await lab.until("end of the job", async () => {
      const { state, health, log_sealed } = await lab.store
        .knex("jobs")
        .where({ id })
        .first("state", "health", "log_sealed");
      if (state === "Finished" && health !== "Complete") throw new Error(`job ${id} ended ${health}`);
      return log_sealed;
    });
    times.push(Date.parse(await firstTime(built, lab, id)) - begin);
  }
  await worker.close();
  await lab.store.knex("devices").where({ name: "real-1" }).update({ health: "Retired" });
  return { median: median(times), best: Math.min(...times) };
}

async function firstTime({ product }, lab, id) {
  const logs = product.localLogStore({ folder: join(lab.folder, "server/logs") });
  const line = (await logs.range(id, 0, 1)).toString();
  const [, time] = /"dt": "([^"]+)"/.exec(line) ?? [];
  if (time === undefined) throw new Error(`job ${id} has no first record: ${line}`);
  await logs[Symbol.asyncDispose]();
  return time;
}
