/**
 * Who is to blame. `timeout` is an action that ran out of time and has not been blamed on anyone yet;
 * the executor turns it into the kind its action names (LAVA: `timeout_exception`).
 */
export type ErrorKind =
  | "infrastructure"
  | "job"
  | "test"
  | "configuration"
  | "timeout"
  | "canceled"
  | "multinode"
  | "bug";

export interface BasaltErrorOptions {
  readonly cause?: unknown;
  /** Machine-readable facts about the failure: host, port, path, pattern... Never secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
  /** Why another attempt of what failed can't go better, in words that follow "not tried again:"; without it `failure_retry` counts. */
  readonly noRetry?: string;
}

const brand = Symbol.for("@basalt/core/BasaltError@1");

/** Every failure Basalt reports: a kind that says who is to blame, a stable code and a message for people. */
export class BasaltError extends Error {
  readonly [brand] = true;
  readonly kind: ErrorKind;
  /** Stable `ERR_*` code, listed in docs/reference/errors.md. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>>;
  declare readonly noRetry?: string;

  constructor(kind: ErrorKind, code: string, message: string, options: BasaltErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.name = "BasaltError";
    this.kind = kind;
    this.code = code;
    this.details = options.details ?? {};
    if (options.noRetry !== undefined) this.noRetry = options.noRetry;
  }
}

type ErrorFactory = (code: string, message: string, options?: BasaltErrorOptions) => BasaltError;

const factory =
  (kind: ErrorKind): ErrorFactory =>
  (code, message, options) =>
    new BasaltError(kind, code, message, options);

/** Power, serial, network, worker: the lab's fault. Retried. */
export const infrastructureError = factory("infrastructure");
/** Bad user data, or the device did not do what the job said it would. Retried. */
export const jobError = factory("job");
/** Trouble in a test. Retried. */
export const testError = factory("test");
/** The device dictionary or this installation is wrong. Not retried. */
export const configurationError = factory("configuration");
/** An operation ran out of time and nobody is blamed yet. */
export const timeoutError = factory("timeout");
/** Somebody canceled the job. */
export const canceledError = factory("canceled");
/** The coordinator did not answer in time. */
export const multinodeError = factory("multinode");
/** Our own mistake. */
export const bugError = factory("bug");

/** Works across duplicate installs of `@basalt/core`, where `instanceof` does not. */
export const isBasaltError = (error: unknown): error is BasaltError =>
  typeof error === "object" && error !== null && brand in error;

/** Anything thrown, as a {@link BasaltError}: what is not one already is a bug of ours. */
export function toBasaltError(error: unknown): BasaltError {
  if (isBasaltError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return bugError("ERR_UNEXPECTED", `unexpected error: ${message}`, { cause: error });
}

/** LAVA's name of an error kind, as it stands in `error_type` of the `lava.job` result. */
export const lavaErrorType: Readonly<Record<ErrorKind, string>> = {
  infrastructure: "Infrastructure",
  job: "Job",
  test: "Test",
  configuration: "Configuration",
  timeout: "LAVATimeout",
  canceled: "Canceled",
  multinode: "MultinodeTimeout",
  bug: "Bug",
};
