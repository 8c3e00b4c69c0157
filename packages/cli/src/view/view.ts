import type { JournalEvent } from "@basalt/core";

/** Shows a running job. */
export interface View {
  append(event: JournalEvent): void;
  /** Says something that the job's journal does not. */
  notice(text: string): void;
  /** Gives the terminal back at once, before the process is killed. */
  restore(): void;
  /** Ends it: all that came is shown, the terminal is as it was. */
  close(): Promise<void>;
}
