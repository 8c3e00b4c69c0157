import type { LinkBackend, LogLines } from "./link-backend.js";

/** Bytes of logs of one worker that may wait to be stored; honest workers keep below a quarter of it. */
const mostBytes = 32 * 1024 * 1024;
/** Bytes that are stored at once. */
const batchBytes = 4 * 1024 * 1024;
/** What a LOG costs beside its body. */
const overheadBytes = 512;

interface Lane {
  queue: LogLines[];
  running: Promise<void>;
}

export interface LogLanesOptions {
  readonly backend: Pick<LinkBackend, "appendLog">;
  /** Lines of a job are stored up to `next`. */
  readonly stored: (job: number, worker: string, next: number) => void;
  readonly failed: (job: number, worker: string, error: Error) => void;
}

/** Brings logs to the store: one job's in order, several jobs' at once. Storing may be slow; the link's reader never waits for it. */
export interface LogLanes {
  /** False: too much of this worker waits already; it will send the lines again. */
  push(lines: LogLines): boolean;
  /** When all that was taken is stored. */
  idle(): Promise<void>;
}

const cost = ({ body }: LogLines): number => body.length + overheadBytes;

/** The first of the queue and those that follow it without a gap, as one; `cost` of all of them. */
function takeBatch(queue: LogLines[]): { readonly lines: LogLines; readonly cost: number } | undefined {
  const first = queue.shift();
  if (!first) return undefined;
  const batch = [first];
  let { count } = first;
  let bytes = first.body.length;
  for (let next = queue[0]; next && count > 0 && next.count > 0; next = queue[0]) {
    if (next.from !== first.from + count || next.worker !== first.worker || bytes + next.body.length > batchBytes)
      break;
    queue.shift();
    batch.push(next);
    count += next.count;
    bytes += next.body.length;
  }
  return {
    lines: batch.length === 1 ? first : { ...first, count, body: Buffer.concat(batch.map(({ body }) => body)) },
    cost: batch.reduce((sum, lines) => sum + cost(lines), 0),
  };
}

export function makeLogLanes({ backend, stored, failed }: LogLanesOptions): LogLanes {
  const lanes = new Map<number, Lane>();
  const waiting = new Map<string, number>();
  const account = (worker: string, bytes: number): void => {
    const left = (waiting.get(worker) ?? 0) + bytes;
    if (left > 0) waiting.set(worker, left);
    else waiting.delete(worker);
  };

  const run = async (job: number, lane: Lane): Promise<void> => {
    for (let batch = takeBatch(lane.queue); batch; batch = takeBatch(lane.queue)) {
      const { worker } = batch.lines;
      try {
        const { next } = await backend.appendLog(batch.lines);
        stored(job, worker, next);
      } catch (error) {
        failed(job, worker, error as Error);
        // what follows would leave a gap: the worker asks where we are and sends all of it again
        for (const lines of lane.queue.splice(0)) account(lines.worker, -cost(lines));
      } finally {
        account(worker, -batch.cost);
      }
    }
    lanes.delete(job);
  };

  return {
    push(lines) {
      if ((waiting.get(lines.worker) ?? 0) + cost(lines) > mostBytes) return false;
      account(lines.worker, cost(lines));
      const lane = lanes.get(lines.job);
      if (lane) lane.queue.push(lines);
      else {
        const fresh: Lane = { queue: [lines], running: Promise.resolve() };
        lanes.set(lines.job, fresh);
        fresh.running = run(lines.job, fresh);
      }
      return true;
    },
    async idle() {
      while (lanes.size > 0) await Promise.all([...lanes.values()].map(({ running }) => running));
    },
  };
}
