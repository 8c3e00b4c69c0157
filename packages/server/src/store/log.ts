/** What the store needs of the daemon's log. */
export interface StoreLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warning(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

/** A log that nobody reads. */
export const silentLog: StoreLog = { debug() {}, info() {}, warning() {}, error() {} };
