import { readFileSync } from "node:fs";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { openJobBook } from "../daemon/job-book.js";

// A daemon without a server: daemon-entry STATE COMMAND [ORDER]; starts the job of the file ORDER and says what happens.

const [folder = "", command = "", order] = process.argv.slice(2);
const book = await openJobBook({
  folder,
  command: JSON.parse(command),
  clock: systemClock,
  log: silentDaemonLog,
  minFreeBytes: 0,
});
book.on(({ job, kind }) => console.log(`${kind} ${job}`));
await book.recover();
console.log("ready");
if (order !== undefined) {
  await book.start(JSON.parse(readFileSync(order, "utf8")));
  console.log("started");
}
setInterval(() => {}, 1_000);
