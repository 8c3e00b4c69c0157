import type { LogPage, PageQuery } from "./log-page.js";

/** Where the log lines of jobs are kept. Lines are counted from 0; each is `- {...}` and a line feed. */
export interface LogStore extends AsyncDisposable {
  /**
   * Adds `count` lines that begin at line `from`. Lines that are there already are skipped; where lines are missing before `from` nothing is added.
   * Resolves when they are on disk for good; appends of one job at the same time share that wait.
   * @returns how many lines there are now on disk for good: the next line to send; and those of this call that were new
   */
  append(job: number, lines: NewLines): Promise<Appended>;
  /** Lines there are. */
  count(job: number): Promise<number>;
  /** Lines [start, end), as they are, in constant time however long the log is. For few lines: they can be long; see {@link page}. */
  range(job: number, start: number, end: number): Promise<Buffer>;
  /** As {@link range}, of no more than so many bytes: whoever wants all goes on at `next`. */
  page(job: number, query: PageQuery): Promise<LogPage>;
  /** Nothing will be added: packs the log to save space. Again does nothing. */
  seal(job: number): Promise<void>;
  /** A text that belongs to a job: its device, its description. Written whole or not at all. */
  putText(job: number, name: string, text: string): Promise<void>;
  getText(job: number, name: string): Promise<string | undefined>;
  remove(job: number): Promise<void>;
}

export interface NewLines {
  readonly from: number;
  readonly count: number;
  readonly body: Buffer;
}

export interface Appended {
  readonly next: number;
  /** First of the lines that were added, and their bytes: what the log did not have before. */
  readonly added: { readonly from: number; readonly count: number; readonly body: Buffer };
}
