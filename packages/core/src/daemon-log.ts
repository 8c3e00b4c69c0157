import type { JsonObject } from "./json.js";

/** How grave a line of a daemon's log is, least first. */
export type DaemonLogLevel = "debug" | "info" | "warning" | "error";

type Write = (message: string, fields?: JsonObject) => void;

/**
 * The log of a server or a worker: what the admin reads, not what a job prints.
 * `message` is a sentence for people; `fields` are facts for machines (job, worker, path, code). No secret goes into either.
 */
export type DaemonLog = Readonly<Record<DaemonLogLevel, Write>>;

/** A log that nobody reads. */
export const silentDaemonLog: DaemonLog = { debug() {}, info() {}, warning() {}, error() {} };
