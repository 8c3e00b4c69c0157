import { systemClock } from "@basalt/core";
import { makeCatalog, readManifest } from "@basalt/plugin-loader";
import { rescueJob, runJobProcess } from "../job-process/index.js";

// What `basalt job-process` is, without the command: job-process-entry PLUGIN [--rescue] [--how TEXT] FOLDER

const [plugin = "", ...rest] = process.argv.slice(2);
const folder = rest.at(-1) ?? "";
const how = rest.includes("--how") ? rest[rest.indexOf("--how") + 1] : undefined;
const options = {
  clock: systemClock,
  setUp: async () => ({ catalog: makeCatalog({ manifests: [await readManifest(plugin)] }), dispatcher: {} }),
};

/** Signals and errors alike. */
const listen = <T>(events: readonly string[], handler: (value: T) => void): (() => void) => {
  for (const event of events) process.on(event, handler);
  return () => {
    for (const event of events) process.off(event, handler);
  };
};

if (rest.includes("--rescue")) await rescueJob(folder, { ...options, ...(how === undefined ? {} : { how }) });
else
  await runJobProcess(folder, {
    ...options,
    version: "1.2.3",
    signals: {
      onSignal: (handler) => listen(["SIGINT", "SIGTERM", "SIGHUP"], handler),
      onFatal: (handler) => listen(["uncaughtException", "unhandledRejection"], handler),
      kill: (code) => process.exit(code),
    },
  });
process.exit(0);
