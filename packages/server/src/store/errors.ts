import { type BasaltError, configurationError, infrastructureError, isBasaltError, toBasaltError } from "@basalt/core";
import { addressFacts, type DatabaseAddress, describeAddress } from "./address.js";

const codeOf = (error: unknown): string => String((error as { code?: unknown } | undefined)?.code ?? "");
const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** SQLSTATE of serialization failure and deadlock: the transaction did nothing and may be tried again. */
export const isRetryable = (error: unknown): boolean => codeOf(error) === "40001" || codeOf(error) === "40P01";

/** unique_violation, of one constraint or index where its name is given. */
export const isUniqueViolation = (error: unknown, constraint?: string): boolean =>
  codeOf(error) === "23505" &&
  (constraint === undefined || (error as { constraint?: string }).constraint === constraint);

/** Whether it is the database's answer (SQLSTATE), as opposed to a mistake in our own code. */
export const isDatabaseError = (error: unknown): boolean => /^[0-9A-Z]{5}$/.test(codeOf(error));

const lostCodes =
  /^(?:08...|57P0[1235]|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT)$/;
/** A file that is not there has the code of a socket that is not there. */
const networkCalls = /^(?:connect|getaddrinfo|read|write|shutdown)$/;
const lostTexts =
  /Connection terminated|Connection ended|not queryable|timeout exceeded when trying to connect|Timeout acquiring a connection|Client was closed/i;

/** Whether the database went away (restart, kill, network), as opposed to having refused what was asked. Nobody knows then whether a COMMIT under way was done. */
export function isConnectionLoss(error: unknown): boolean {
  if (isBasaltError(error)) return error.code === "ERR_DATABASE_CONNECTION";
  const { syscall } = (error ?? {}) as { syscall?: unknown };
  if (typeof syscall === "string" && !networkCalls.test(syscall)) return false;
  return lostCodes.test(codeOf(error)) || lostTexts.test(textOf(error));
}

/** What the server itself says is wrong with the log-in or the name of the database. */
const refusals: Readonly<Record<string, string>> = {
  "28P01": "the password is wrong: correct DATABASE_URL",
  "28000": "the server does not let this user in: check DATABASE_URL and the server's pg_hba.conf",
  "3D000": "there is no such database: create it (CREATE DATABASE ... ENCODING 'UTF8') or correct DATABASE_URL",
  "42501": "this user may not create tables there: make it the owner of the database",
  "53300": "the server has no connection left: raise its max_connections",
};

/** All connections were in use for as long as one is waited for. */
export const noConnection = (
  max: number,
  options: { readonly cause: unknown; readonly details: object },
): BasaltError =>
  infrastructureError(
    "ERR_DATABASE_CONNECTION",
    `all ${max} connections of this server to the database were in use for too long: it is asked more than it can do, or does not answer`,
    { cause: options.cause, details: { ...options.details, max } },
  );

/** An error of the database in a few words: its message also has the query, which can be long. */
export const withoutQuery = (message: string): string => message.split(" - ").at(-1) ?? message;

/** What went wrong, for a log, without the query: that the database went away in the middle of something, or what it says is wrong. */
export function inWords(error: unknown): string {
  if (isBasaltError(error)) return error.message;
  if (isConnectionLoss(error)) return `the database went away: ${withoutQuery(textOf(error))}`;
  if (isDatabaseError(error)) return `the database refused it: ${withoutQuery(textOf(error))}`;
  return toBasaltError(error).message;
}

/** An error of a connection attempt as a BasaltError: what was attempted, where, what came back, what to do. */
export function connectError(
  error: unknown,
  address: DatabaseAddress,
  doing = "connecting to the database",
): BasaltError {
  if (isBasaltError(error)) return error;
  const advice = refusals[codeOf(error)];
  const options = { cause: error, details: { ...addressFacts(address), code: codeOf(error) } };
  const said = `${doing} ${describeAddress(address)} failed: ${textOf(error) || codeOf(error)}`;
  if (advice !== undefined) return configurationError("ERR_DATABASE_REFUSED", `${said}; ${advice}`, options);
  if (isConnectionLoss(error)) {
    return infrastructureError(
      "ERR_DATABASE_CONNECTION",
      `${said}; is PostgreSQL running there, and can this machine reach it?`,
      options,
    );
  }
  return infrastructureError("ERR_DATABASE", said, options);
}
