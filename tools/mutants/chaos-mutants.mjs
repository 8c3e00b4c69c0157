// Deliberate breaks of the product for chaos.mjs. `harmless` says what makes up for a break that the chaos test can't see.

const worker = "packages/worker/src";
const server = "packages/server/src";
const edit = (file, from, to = "") => ({ file, from, to });

const ackBeforeStoring = edit(
  `${server}/link/log-lanes.ts`,
  "const { next } = await backend.appendLog(batch.lines);",
  "const next = batch.lines.from + batch.lines.count;\n        backend.appendLog(batch.lines).catch(() => {});",
);
const noEndCheck = edit(`${server}/link/worker-desk.ts`, "if (next < lines) {", "if (false) {");
const earlyEnd = edit(
  `${worker}/daemon/link/uploader.ts`,
  "else if (isEnded && upload.acked >= lines) await sendEnd(job, state);",
  "else if (isEnded) await sendEnd(job, state);",
);
const endAgain = edit(`${server}/link/lab-backend.ts`, 'if (state !== "Finished") return "own";', 'return "own";');
const finishedTwice = edit(
  `${server}/states/job-states.ts`,
  '  if (job.state === "Finished") return undefined;\n  const health',
  "  const health",
);
const readAgain = edit(
  `${server}/results/log-intake.ts`,
  "const looked: number = row?.log_lines ?? 0;",
  "const looked = row ? 0 : 0;",
);
const storeAgain = edit(`${server}/results/write-results.ts`, "results.filter(({ line }) => line >= from)", "results");
const noPassLock = edit(
  `${server}/scheduler/scheduler.ts`,
  "return store.withAdvisoryLock(lock, async (trx) => {",
  "return store.transaction(async (trx) => {",
);

export const mutants = [
  { name: "no-adoption", edits: [edit(`${worker}/daemon/start-worker.ts`, "    await book.recover();\n")] },
  {
    name: "living-taken-for-dead",
    edits: [edit(`${worker}/daemon/supervised-job.ts`, "if (living) await", "if (!living) await")],
  },
  {
    name: "folder-taken-twice",
    edits: [
      edit(
        `${worker}/job-process/run-job-process.ts`,
        "if (!(await writeOnce(files.pid, `${JSON.stringify(identityOf(process.pid))}\\n`))) return undefined;",
        "await writeOnce(files.pid, `${JSON.stringify(identityOf(process.pid))}\\n`);",
      ),
    ],
  },
  {
    name: "power-left-on",
    edits: [
      edit(`${worker}/job-process/rescue-job.ts`, "if (powerFacts(device).off) await switchOff(device, rescue);"),
    ],
  },
  {
    name: "one-rescue-only",
    edits: [edit(`${worker}/daemon/supervised-job.ts`, "rescues++ < mostRescues", "rescues++ < 1")],
  },
  {
    name: "left-processes",
    edits: [
      edit(
        `${worker}/job-process/rescue-job.ts`,
        "const stubborn = await endLeftProcesses(folder, { clock });",
        "const stubborn: string[] = [];",
      ),
    ],
  },
  {
    name: "start-twice",
    edits: [
      edit(
        `${worker}/daemon/job-book.ts`,
        "    if (this.#jobs.has(job)) return;\n    let starting",
        "    let starting",
      ),
    ],
  },
  {
    name: "no-state-lock",
    edits: [edit(`${worker}/daemon/state-lock.ts`, "if (lock.taken) return {", "return {")].map((one) => ({
      ...one,
      to: "if (!lock.taken) return { [Symbol.asyncDispose]: async () => {} };\n  else return {",
    })),
  },
  {
    name: "end-not-repeated",
    edits: [
      edit(
        `${worker}/daemon/link/uploader.ts`,
        "now - state.endSentAt >= intervalMs) state.endSentAt = undefined;",
        "false) state.endSentAt = undefined;",
      ),
    ],
  },
  {
    name: "cancel-not-repeated",
    edits: [
      edit(
        `${server}/link/worker-desk.ts`,
        "if (send(message)) sentAt.set(key, now);",
        "if (send(message)) sentAt.set(key, Number.POSITIVE_INFINITY);",
      ),
    ],
  },
  {
    name: "lines-twice",
    edits: [edit(`${server}/logs/log-file.ts`, "have < 0 || have >= count", "have < 0")],
  },
  {
    name: "lines-half-twice",
    edits: [edit(`${server}/logs/log-file.ts`, "const first = starts[have] ?? 0;\n", "const first = 0;\n")],
  },
  {
    name: "gaps-taken",
    edits: [edit(`${server}/logs/log-file.ts`, "this.#frozen || have < 0 ||", "this.#frozen ||")],
  },
  {
    name: "torn-line-kept",
    edits: [edit(`${server}/logs/log-file.ts`, "    if (offset < size) await this.text.truncate(offset);\n")],
  },
  {
    name: "index-believed",
    edits: [
      edit(
        `${server}/logs/log-file.ts`,
        "if (offset <= readOffset(last, 0) || offset > size) return anew;",
        "return { line: known - 1, offset };",
      ),
    ],
  },
  { name: "ack-before-storing", edits: [ackBeforeStoring] },
  {
    name: "end-check-off",
    edits: [noEndCheck],
    harmless:
      "a worker sends END only when all lines are acknowledged; early-end-and-no-check shows what the two are for",
  },
  { name: "early-end", edits: [earlyEnd], harmless: "the server's check sends the worker back to the missing line" },
  { name: "early-end-and-no-check", edits: [earlyEnd, noEndCheck] },
  {
    name: "end-ok-before-stored",
    edits: [
      edit(
        `${server}/link/worker-desk.ts`,
        "await backend.ended(job, worker, message);",
        "backend.ended(job, worker, message).catch(() => {});",
      ),
    ],
  },
  { name: "end-taken-twice", edits: [endAgain], harmless: "a finished job takes no event" },
  {
    name: "finished-twice",
    edits: [finishedTwice],
    harmless: "what a worker says of a job that is over is not handed on",
  },
  { name: "end-and-finished-twice", edits: [endAgain, finishedTwice] },
  { name: "device-kept", edits: [edit(`${server}/states/job-states.ts`, '            state: "Idle",\n')] },
  {
    name: "results-not-made-good",
    edits: [edit(`${server}/results/log-intake.ts`, "while (results.looked < next) {", "while (false) {")],
  },
  {
    name: "results-read-again",
    edits: [readAgain],
    harmless: "results of lines that were looked through are left out as they are written",
  },
  { name: "results-stored-again", edits: [storeAgain], harmless: "one server reads no line twice" },
  { name: "results-read-and-stored-again", edits: [readAgain, storeAgain] },
  { name: "packing-not-made-good", edits: [edit(`${server}/housekeeping.ts`, "  await options.sealer.sweep();\n")] },
  {
    name: "no-pass-lock",
    edits: [noPassLock],
    harmless: "one server makes its passes one after another; two are tried in scheduler.test.ts",
  },
];
