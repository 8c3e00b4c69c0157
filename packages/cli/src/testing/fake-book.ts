import { infrastructureError } from "@basalt/core";
import type { EndRecord, JobBook, JobChange, StartOrder } from "@basalt/worker";
import { Events } from "./events.js";

interface FakeJob {
  readonly order: StartOrder;
  readonly lines: string[];
  end?: EndRecord;
}

/** A job book without processes: the test writes the lines. It outlives links, as the real one does. */
export class FakeBook implements JobBook {
  readonly jobs = new Map<number, FakeJob>();
  readonly events = new Events();
  /** Jobs that take their time to end when they are canceled. */
  readonly slow = new Set<number>();
  /** Jobs that can't be started. */
  readonly refused = new Set<number>();
  readonly #listeners = new Set<(change: JobChange) => void>();

  write(job: number, ...lines: string[]): void {
    this.jobs.get(job)?.lines.push(...lines);
    this.#tell({ job, kind: "lines" });
  }

  finish(job: number, end: Partial<EndRecord> = {}): void {
    const known = this.jobs.get(job);
    if (!known) throw new Error(`there is no job ${job}`);
    known.end = { result: "pass", ...end, lines: known.lines.length };
    this.#tell({ job, kind: "ended" });
  }

  #tell(change: JobChange): void {
    for (const listener of [...this.#listeners]) listener(change);
  }

  list() {
    return [...this.jobs].map(([job, { end }]) => ({ job, ended: end !== undefined }));
  }

  async start(order: StartOrder): Promise<void> {
    await Promise.resolve();
    if (this.refused.has(order.job)) throw infrastructureError("ERR_DISK_FULL", `no room for job ${order.job}`);
    if (this.jobs.has(order.job)) return;
    this.jobs.set(order.job, { order, lines: [] });
    this.events.add(`start ${order.job}`);
  }

  cancel(job: number): void {
    const known = this.jobs.get(job);
    if (!known || known.end) return;
    this.events.add(`cancel ${job}`);
    if (this.slow.has(job)) return;
    this.write(job, `canceled ${job}`);
    this.finish(job, { result: "fail", errorType: "Canceled" });
  }

  async forget(job: number): Promise<void> {
    await Promise.resolve();
    this.jobs.delete(job);
    this.events.add(`forget ${job}`);
  }

  async read(job: number, from: number, { maxLines, maxBytes }: { maxLines: number; maxBytes: number }) {
    await Promise.resolve();
    const lines: Buffer[] = [];
    let bytes = 0;
    for (const line of this.jobs.get(job)?.lines.slice(from, from + maxLines) ?? []) {
      const text = Buffer.from(`${line}\n`);
      if (lines.length > 0 && bytes + text.length > maxBytes) break;
      lines.push(text);
      bytes += text.length;
    }
    return { lines: Buffer.concat(lines), count: lines.length };
  }

  lineCount(job: number): number {
    return this.jobs.get(job)?.lines.length ?? 0;
  }

  ended(job: number): EndRecord | undefined {
    return this.jobs.get(job)?.end;
  }

  async description(job: number): Promise<string> {
    return `description of ${job}\n`;
  }

  on(listener: (change: JobChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async recover(): Promise<void> {}
  async close(): Promise<void> {}
}
