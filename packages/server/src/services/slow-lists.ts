import type { Knex } from "knex";
import { withoutQuery } from "../store/errors.js";
import { badRequest, refusal } from "../submit/refusals.js";
import type { Filter } from "./types.js";

/** Lookups that take no longer for one text than for another. All others are asked with a limit of time. */
const quickLookups: ReadonlySet<string> = new Set(["exact", "in", "isnull", "lt", "lte", "gt", "gte", "has_key"]);
/** Anybody may ask: a regular expression can be made that takes PostgreSQL hours. */
const longestMs = 3_000;
/** The pool's other connections are for the rest of the server. */
const mostAtOnce = 3;
const mostWaiting = 100;
let running = 0;
const waiting: (() => void)[] = [];

/** Whether filters can be answered without a limit of time. */
export const areQuick = (filters: readonly Filter[] = []): boolean =>
  filters.every(({ lookup }) => quickLookups.has(lookup));

/** One of few at a time, each within a limit of time. @throws ERR_FILTER_SLOW (400), ERR_BUSY (503) */
export async function readSlowly<T>(db: Knex, read: (on: Knex) => Promise<T>): Promise<T> {
  if (waiting.length >= mostWaiting)
    throw refusal(503)("ERR_BUSY", "too many lists with filters are asked for: try again", {
      details: { retryAfter: 5 },
    });
  if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    return await db.transaction(async (trx) => {
      await trx.raw(`set local statement_timeout = ${longestMs}`);
      return read(trx);
    });
  } catch (error) {
    throw refusedFilter(error) ?? error;
  } finally {
    // whoever waits takes the place over
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

const invalidRegularExpression = "2201B";
const queryCanceled = "57014";

function refusedFilter(error: unknown): Error | undefined {
  const { code, message } = error as { code?: unknown; message: string };
  if (code === queryCanceled)
    return badRequest(
      "ERR_FILTER_SLOW",
      `the filters took longer than ${longestMs / 1000} s: use fewer, or others beside them (state, submit_time__gt)`,
      { cause: error },
    );
  return code === invalidRegularExpression
    ? badRequest("ERR_FILTER_VALUE", `a regular expression was refused: ${withoutQuery(message)}`, {
        cause: error,
      })
    : undefined;
}
