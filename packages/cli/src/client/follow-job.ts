import {
  asText,
  type Clock,
  isBasaltError,
  isJsonObject,
  type JournalEvent,
  type JsonObject,
  type LogLevel,
  type ResultRecord,
  readYamlFast,
} from "@basalt/core";
import type { ServerClient } from "./server-client.js";

export interface FollowOptions {
  readonly client: ServerClient;
  readonly id: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Hears each log line, as the job's own process would have told it. */
  tell(event: JournalEvent): void;
  /** Hears of each change of state, and of why a job waits. */
  say(text: string): void;
}

const everyMs = 300;
/** So long a server may be away: an upgrade takes less. */
const patienceMs = 120_000;
const retryMs = 1_000;

/** A log line as an event; undefined for one that is none. */
function toEvent(record: unknown): JournalEvent | undefined {
  if (!isJsonObject(record)) return undefined;
  const at = Date.parse(asText(record.dt) ?? "");
  const { lvl, msg, ns } = record;
  if (lvl === "results" && isJsonObject(msg)) return { type: "result", at, result: msg as unknown as ResultRecord };
  const message = typeof msg === "string" ? msg : JSON.stringify(msg);
  return { type: "log", at, level: lvl as LogLevel, message, ...(typeof ns === "string" ? { namespace: ns } : {}) };
}

/** Asks again where the server is away for a while: the job goes on without it. */
function patient({ clock, signal, say }: Pick<FollowOptions, "clock" | "signal" | "say">) {
  return async <T>(ask: () => Promise<T>): Promise<T> => {
    let since: number | undefined;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isBasaltError(error) || error.kind !== "infrastructure") throw error;
        if (since === undefined) say(`the server does not answer, the job goes on: ${error.message}`);
        since ??= clock.monotonic();
        if (clock.monotonic() - since > patienceMs) throw error;
        await clock.sleep(retryMs, { signal });
      }
    }
  };
}

/** Follows a job from the queue to its end. @returns the job as it is then */
export async function followJob(options: FollowOptions): Promise<JsonObject> {
  const { client, id, clock, signal, tell, say } = options;
  const sure = patient(options);
  const logFrom = (line: number): Promise<string> => sure(() => client.log(id, line));
  let lines = 0;
  let last = "";
  for (;;) {
    const job = await sure(() => client.job(id));
    const state = asText(job.state) ?? "";
    const waits = state === "Submitted" ? asText(job.waits_for) : undefined;
    const device = asText(job.actual_device);
    const now = `${state}${device === undefined ? "" : ` on ${device}`}${waits === undefined ? "" : `: ${waits}`}`;
    if (now !== last) say(`job ${id}: ${now}`);
    last = now;
    for (let text = await logFrom(lines); text.trim() !== ""; text = await logFrom(lines)) {
      const records = readYamlFast(text);
      if (!Array.isArray(records) || records.length === 0) break;
      lines += records.length;
      for (const record of records) {
        const event = toEvent(record);
        if (event) tell(event);
      }
    }
    // the state was read before the log: nothing of a finished job is missed
    if (state === "Finished") return job;
    await clock.sleep(everyMs, { signal });
  }
}
