import { appendFileSync, existsSync, readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { openJobBook } from "../daemon/job-book.js";

// A daemon without a server: daemon-entry STATE COMMAND MIRROR; starts the jobs whose orders (JSON) are the lines of its input, uploads logs to
// files in the folder MIRROR as to a server (what is there is not sent again), and prints `ended JOB` when all of an ended job's log is there.

const [folder = "", command = "", mirror = ""] = process.argv.slice(2);
const book = await openJobBook({
  folder,
  command: JSON.parse(command),
  clock: systemClock,
  log: silentDaemonLog,
  minFreeBytes: 0,
});

/** Lines that the mirror has; half a line that a killed daemon wrote is taken back. */
function mirrored(path: string): number {
  if (!existsSync(path)) return 0;
  const text = readFileSync(path, "latin1");
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole.length < text.length) truncateSync(path, whole.length);
  return whole.split("\n").length - 1;
}

const uploads = new Map<number, Promise<void>>();
const sent = new Map<number, number>();

async function upload(job: number): Promise<void> {
  const path = join(mirror, `${job}.yaml`);
  for (;;) {
    const next = sent.get(job) ?? mirrored(path);
    const { lines, count } = await book.read(job, next, { maxLines: 100, maxBytes: 10_000 });
    if (count > 0) appendFileSync(path, lines);
    sent.set(job, next + count);
    if (count === 0) break;
  }
  const end = book.ended(job);
  if (end && (sent.get(job) ?? 0) >= end.lines) console.log(`ended ${job}`);
}

book.on(({ job }) =>
  uploads.set(
    job,
    (uploads.get(job) ?? Promise.resolve()).then(() => upload(job)),
  ),
);
await book.recover();
console.log("ready");
createInterface({ input: process.stdin }).on("line", (line) => {
  void book.start(JSON.parse(line)).then(() => console.log("started"));
});
