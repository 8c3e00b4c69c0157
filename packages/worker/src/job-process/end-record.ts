import type { BasaltError } from "@basalt/core";
import type { FinishedLog } from "./finish-log.js";
import type { EndRecord } from "./job-folder.js";

/** What END tells of a job whose log is complete. The log counts; of the error only the code is taken, if it is the one in the log. */
export function endRecord(
  { final, lines }: FinishedLog,
  { endedAt, error }: { readonly endedAt: number; readonly error: BasaltError | undefined },
): EndRecord {
  const { result, errorType, errorMessage } = final;
  if (result === "pass") return { result, lines, endedAt };
  const known = error?.message === errorMessage;
  return {
    result,
    ...(errorType === undefined ? {} : { errorType }),
    ...(known && error ? { errorCode: error.code } : {}),
    ...(errorMessage === undefined ? {} : { errorMessage }),
    lines,
    endedAt,
  };
}
