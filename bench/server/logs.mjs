import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fillLab } from "./scheduling.mjs";

const lineBytes = 120;

/** Lines of a job's journal, 120 bytes each with the line feed, every `resultEvery`th a test's result. */
function journal(lines, resultEvery) {
  const parts = [];
  for (let n = 0; n < lines; n++) {
    const micros = String(n % 1_000_000).padStart(6, "0");
    const head = `- {"dt": "2026-01-01T00:00:00.${micros}", "lvl": `;
    const line =
      n % resultEvery === resultEvery - 1
        ? `${head}"results", "msg": {"case": "c${n}", "definition": "0_smoke", "result": "pass"}`
        : `${head}"target", "msg": "`;
    const end = line.endsWith('"') ? '"}\n' : "}\n";
    const filler = line.endsWith('"')
      ? "x".repeat(lineBytes - line.length - end.length)
      : " ".repeat(Math.max(0, lineBytes - line.length - end.length));
    parts.push(line + filler + end);
  }
  return parts.join("");
}

/** A worker's jobs that have all ended, with their journals on this disk; tells when the server has all of them. */
async function endedJobs(product, files) {
  const indices = new Map();
  for (const [job, path] of files) {
    const index = new product.LineIndex(path);
    await index.grow();
    indices.set(job, index);
  }
  let finished = () => {};
  const done = new Promise((resolve) => {
    finished = resolve;
  });
  const book = {
    list: () => [...indices.keys()].map((job) => ({ job, ended: true })),
    start: async () => {},
    cancel: () => {},
    async forget(job) {
      const index = indices.get(job);
      indices.delete(job);
      await index?.[Symbol.asyncDispose]();
      if (indices.size === 0) finished(performance.now());
    },
    read: (job, from, limits) => indices.get(job).read(from, limits),
    lineCount: (job) => indices.get(job)?.lines ?? 0,
    ended: (job) => indices.has(job) && { result: "pass", lines: indices.get(job).lines },
    description: async () => "",
    on: () => () => {},
    recover: async () => {},
    close: async () => {},
  };
  return { book, done };
}

/**
 * Lines a second from a worker's disk to the server's: read from journals, sent over the link by the worker's own sender, on disk by fdatasync,
 * results in the tables, acknowledged, jobs ended.
 */
export async function measureLogs({ product }, lab, { jobs, lines, resultEvery, name }) {
  const text = journal(lines, resultEvery);
  const devices = Array.from({ length: jobs }, (_, n) => `${name}-${n}`);
  await fillLab(product, lab.store, { worker: name, devices });
  const files = new Map();
  for (const device of devices) {
    const [{ id }] = await lab.store
      .knex("jobs")
      .insert({
        submitter: 2,
        description: "bench",
        requested_device_type: "fake",
        actual_device: device,
        worker: name,
        state: "Running",
        start_time: new Date(),
        definition: "{}",
        original_definition: "{}",
      })
      .returning("id");
    const path = join(lab.folder, `${id}.yaml`);
    writeFileSync(path, text);
    files.set(id, path);
  }
  const { book, done } = await endedJobs(product, files);
  const begin = performance.now();
  const link = product.openWorkerLink({
    server: lab.endpoint,
    name,
    version: "0.1.0",
    book,
    log: product.silentDaemonLog,
  });
  const end = await done;
  await link[Symbol.asyncDispose]();
  const [{ count }] = await lab.store
    .knex("test_cases as c")
    .join("test_suites as s", "s.id", "c.suite_id")
    .whereIn("s.job_id", [...files.keys()])
    .count({ count: "*" });
  const wanted = jobs * Math.floor(lines / resultEvery);
  if (count !== wanted) throw new Error(`the tables have ${count} results of ${wanted}`);
  const stored = await lab.store
    .knex("jobs")
    .whereIn("id", [...files.keys()])
    .sum({ lines: "log_lines" });
  if (Number(stored[0].lines) !== jobs * lines)
    throw new Error(`the server has ${stored[0].lines} lines of ${jobs * lines}`);
  await lab.until(
    "packed logs",
    async () => (await lab.store.knex("jobs").where({ log_sealed: false, worker: name })).length === 0,
  );
  // the worker is gone: other jobs are not to wait for it
  await lab.store.knex("devices").where({ worker: name }).update({ health: "Retired" });
  const seconds = (end - begin) / 1_000;
  return { linesPerSecond: (jobs * lines) / seconds, resultsPerSecond: wanted / seconds };
}
