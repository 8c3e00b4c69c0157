import type { Io } from "./io.js";
import { killDescendants } from "./kill-descendants.js";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
const fatal = ["uncaughtException", "unhandledRejection"] as const;

/** The real process. Output that can't be written (a closed pipe, a terminal that is gone) is dropped. */
export function processIo(): Io {
  const broken = new Set<() => void>();
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", () => {
      for (const tell of [...broken]) tell();
    });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    onSignal(handler) {
      let told = false;
      const onBroken = (): void => {
        if (told) return;
        told = true;
        handler("SIGPIPE");
      };
      broken.add(onBroken);
      for (const signal of signals) process.on(signal, handler);
      return () => {
        broken.delete(onBroken);
        for (const signal of signals) process.off(signal, handler);
      };
    },
    onFatal(handler) {
      for (const event of fatal) process.on(event, handler);
      return () => {
        for (const event of fatal) process.off(event, handler);
      };
    },
    kill(code) {
      killDescendants();
      process.exit(code);
    },
  };
}

/** Waits until what was written has left this process: what is in a pipe's queue is lost on exit. */
export async function flushOutput(): Promise<void> {
  const drained = [process.stdout, process.stderr].map(
    (stream) => new Promise<void>((resolve) => (stream.writable ? stream.write("", () => resolve()) : resolve())),
  );
  await Promise.all(drained);
}
