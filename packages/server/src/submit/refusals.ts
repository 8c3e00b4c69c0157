import { type BasaltError, type BasaltErrorOptions, jobError } from "@basalt/core";

/** An answer to a request that can't be granted: an error with the HTTP status that says so. */
export const refusal =
  (status: number) =>
  (code: string, message: string, options: BasaltErrorOptions = {}): BasaltError =>
    jobError(code, message, { ...options, details: { ...options.details, status } });

/** 400 */
export const badRequest = refusal(400);
/** 403 */
export const forbidden = refusal(403);
/** 404; also for what the asker may not see, so that nobody learns that it is there. */
export const notFound = refusal(404);
/** 409 */
export const conflict = refusal(409);

/** The HTTP status of an error; undefined for errors that are nobody's request. */
export function statusOf(error: BasaltError): number | undefined {
  const { status } = error.details;
  if (typeof status === "number") return status;
  return error.kind === "job" ? 400 : undefined;
}
