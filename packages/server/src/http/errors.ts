import { type DaemonLog, isBasaltError, toBasaltError } from "@basalt/core";
import { isConnectionLoss, withoutQuery } from "../store/errors.js";
import { badRequest, conflict, refusal, statusOf } from "../submit/refusals.js";
import type { Answer } from "./route.js";

/** SQLSTATEs by which PostgreSQL refuses a value that got past the schemas: the asker's mistake, not ours. */
const refusedValues: Readonly<Record<string, string>> = {
  "22001": "a text is too long",
  "22003": "a number is too large",
  "22007": "a time is none",
  "22021": "a text has characters that can't be stored",
  "22P02": "a value is not of its field's type",
  "22P05": "a text has characters that can't be stored",
  "23514": "a value is outside what its field may be",
};

const mebibytes = (bytes: unknown): string => `${(Number(bytes) / 2 ** 20).toFixed(0)} MiB`;

function known(error: unknown): ReturnType<typeof toBasaltError> {
  if (isBasaltError(error)) return error;
  const { code, status, limit } = error as { code?: unknown; status?: unknown; limit?: unknown };
  if (typeof code === "string" && refusedValues[code] !== undefined)
    return badRequest("ERR_VALUE", refusedValues[code] ?? "", { cause: error });
  if (code === "23503") return conflict("ERR_IN_USE", "something else still refers to it", { cause: error });
  if (status === 413)
    return refusal(413)("ERR_BODY_SIZE", `a request's body may have ${mebibytes(limit)} at most`, { cause: error });
  // koa's and its body parser's own
  if (typeof status === "number" && status < 500)
    return refusal(status)("ERR_HTTP", error instanceof Error ? error.message : "bad request", { cause: error });
  return toBasaltError(error);
}

function bodyOf(error: ReturnType<typeof known>): Readonly<Record<string, unknown>> {
  const { field, fields } = error.details;
  if (typeof fields === "object" && fields !== null) return { ...fields, detail: error.message, code: error.code };
  if (typeof field === "string" && field !== "")
    return { [field]: [error.message], detail: error.message, code: error.code };
  return { detail: error.message, code: error.code };
}

/** An error as an answer: words for what was refused; for what is our fault only where to look for it. */
export function errorAnswer(error: unknown, log: DaemonLog, requestId: string): Answer {
  if (isConnectionLoss(error))
    return {
      status: 503,
      headers: { "Retry-After": "2" },
      body: { detail: "the database can't be reached now: try again", code: "ERR_DATABASE_CONNECTION" },
    };
  const refused = known(error);
  const status = statusOf(refused) ?? (refused.kind === "configuration" ? 400 : undefined);
  if (status !== undefined) {
    const { retryAfter } = refused.details;
    const headers = {
      ...(status === 401 ? { "WWW-Authenticate": "Token" } : {}),
      ...(typeof retryAfter === "number" ? { "Retry-After": String(retryAfter) } : {}),
    };
    return { status, headers, body: bodyOf(refused) };
  }
  const stack = refused.cause instanceof Error ? refused.cause.stack : refused.stack;
  log.error(`a request failed: ${withoutQuery(refused.message)}`, {
    request: requestId,
    code: refused.code,
    where: (stack ?? "")
      .split("\n")
      .filter((line) => line.trimStart().startsWith("at "))
      .slice(0, 8)
      .join(" "),
  });
  return {
    status: 500,
    body: { detail: `the server failed: its log says why (request ${requestId})`, code: refused.code },
  };
}
