import { type DaemonLog, lavaErrorType, toBasaltError, type WorkerMessage, type WorkerMessageOf } from "@basalt/core";
import type { ServerOrder } from "@basalt/link";
import type { EndRecord, JobBook } from "../job-book-types.js";

const longestMessage = 10_000;
const codeForm = /^[A-Z][A-Z0-9_]{0,99}$/;

/** END of a job. Texts are cut to what the wire takes: an END that the server drops would be sent for ever. */
export function endMessage(job: number, end: EndRecord, body: string): WorkerMessageOf<"END"> {
  const { result, errorType, errorCode, errorMessage, lines } = end;
  return {
    type: "END",
    job,
    result,
    lines,
    ...(errorType === undefined ? {} : { errorType: errorType.slice(0, 100) }),
    ...(errorCode === undefined || !codeForm.test(errorCode) ? {} : { errorCode }),
    ...(errorMessage === undefined ? {} : { errorMessage: errorMessage.slice(0, longestMessage) }),
    body,
  };
}

const unknownJob = (job: number): WorkerMessageOf<"END"> =>
  endMessage(
    job,
    {
      result: "fail",
      errorType: "Infrastructure",
      errorCode: "ERR_JOB_UNKNOWN",
      errorMessage: `the worker does not know job ${job}: was its state folder removed?`,
      lines: 0,
    },
    "",
  );

export interface OrdersOptions {
  readonly book: JobBook;
  readonly log: DaemonLog;
  /** Sends when it can; a later answer about the same job takes the place of an earlier one. */
  answer(message: Extract<WorkerMessage, { readonly job: number }>): void;
  /** END is to be sent (again), once the log is at the server. */
  end(job: number): void;
  /** The job is gone from this worker. */
  forgotten(job: number): void;
}

/** What the server tells this worker to do, but for LOG_OK. Every order may come twice. */
export function makeOrders({ book, log, answer, end, forgotten }: OrdersOptions) {
  const starting = new Map<number, Promise<void>>();
  const isKnown = (job: number): boolean => book.list().some((known) => known.job === job);

  const start = async ({
    job,
    compatibility,
    version,
    body,
  }: Extract<ServerOrder, { type: "START" }>): Promise<void> => {
    try {
      await book.start({ ...body, job, compatibility, version });
      answer({ type: "START_OK", job });
    } catch (thrown) {
      const error = toBasaltError(thrown);
      log.error(`job ${job} could not be started: ${error.message}`, { job, code: error.code });
      const code = codeForm.test(error.code) ? error.code : "ERR_UNEXPECTED";
      answer({
        type: "START_NO",
        job,
        error: { type: lavaErrorType[error.kind], code, message: error.message.slice(0, longestMessage) },
      });
    } finally {
      starting.delete(job);
    }
  };

  const obey = (order: Exclude<ServerOrder, { type: "LOG_OK" }>) => {
    const { job, type } = order;
    const hasEnded = book.ended(job) !== undefined;
    if (type === "END_OK") {
      if (!hasEnded)
        return isKnown(job) ? log.warning(`END_OK for job ${job}, which runs: ignored`, { job }) : undefined;
      book.forget(job).then(
        () => forgotten(job),
        (error: Error) => log.error(`what is left of job ${job} could not be removed: ${error.message}`, { job }),
      );
      return;
    }
    if (hasEnded) return end(job);
    if (type === "START") {
      log.info(`START ${job}`, { job });
      starting.set(job, start(order));
    } else if (!isKnown(job)) {
      log.warning(`${type} for job ${job}, which is unknown here`, { job });
      answer(unknownJob(job));
    } else if (type === "CANCEL") {
      log.info(`CANCEL ${job}`, { job });
      book.cancel(job);
    } else answer({ type: "START_OK", job });
  };

  return (order: Exclude<ServerOrder, { type: "LOG_OK" }>): void => {
    const running = starting.get(order.job);
    if (!running) obey(order);
    // it is being started right now: START is answered soon, what else was said counts after that
    else if (order.type !== "START") void running.then(() => obey(order));
  };
}
