import { writeFile } from "node:fs/promises";
import { asObject, type Clock, isJsonObject } from "@basalt/core";
import { finalizeTimeoutMs } from "../job-process/finalize-timeout.js";
import type { JobFolderFiles } from "../job-process/job-folder.js";
import { readIfThere } from "../job-process/whole-file.js";

/** After a cancel, in milliseconds; both wait until finalize's time has run out (lava-server.md 2.3). */
const secondMs = 60_000;
const killMs = 120_000;

/** When a job was canceled (milliseconds since the epoch), and whether its process was told. On disk: a daemon may end in between. */
export interface CancelNote {
  readonly at: number;
  readonly told: boolean;
}

export async function readCancelNote({ cancel }: JobFolderFiles): Promise<CancelNote | undefined> {
  const text = await readIfThere(cancel);
  if (text === undefined) return undefined;
  let note: unknown;
  try {
    note = JSON.parse(text);
  } catch {
    // cut short by the end of a daemon: somebody did cancel
  }
  const { at, told } = asObject(isJsonObject(note) ? note : {});
  return { at: Number(at ?? 0), told: told === true };
}

export const writeCancelNote = ({ cancel }: JobFolderFiles, note: CancelNote): Promise<void> =>
  writeFile(cancel, JSON.stringify(note), { mode: 0o600 });

export interface EscalationOptions {
  readonly files: JobFolderFiles;
  readonly canceledAt: number;
  readonly clock: Clock;
  /** Aborts when the job has ended. */
  readonly signal: AbortSignal;
  /** Signals the job's process. */
  send(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/** Insists that a canceled job ends: SIGTERM once more, then SIGKILL. Rejects with the signal's reason when that aborts. */
export async function escalate({ files, canceledAt, clock, signal, send }: EscalationOptions): Promise<void> {
  // asked anew after each wait: the plan may have been written meanwhile
  const until = async (atMs: (finalizeMs: number) => number): Promise<void> => {
    for (;;) {
      const waitMs = atMs(await finalizeTimeoutMs(files));
      // no longer than the whole wait, should the clock have been set back
      const leftMs = Math.min(canceledAt + waitMs - clock.now(), waitMs);
      if (leftMs <= 0) return;
      await clock.sleep(leftMs, { signal });
    }
  };
  await until((finalizeMs) => Math.max(secondMs, finalizeMs));
  await send("SIGTERM");
  await until((finalizeMs) => Math.max(killMs, finalizeMs + killMs - secondMs));
  await send("SIGKILL");
}
