import { asObject, type Json, type JsonObject } from "../json.js";

/** What LAVA gives an action and a connection when nothing names a time. */
export const defaultTimeoutMs = 30_000;

const unitSeconds = { days: 86_400, hours: 3_600, minutes: 60, seconds: 1 } as const;

/** A timeout dict (`{minutes: 5}`; several units add up) in milliseconds; undefined where it names no time or zero. */
export function timeoutMs(value: Json | undefined): number | undefined {
  const units = asObject(value);
  let seconds = 0;
  for (const [unit, factor] of Object.entries(unitSeconds)) {
    const count = units[unit];
    if (typeof count === "number") seconds += count * factor;
  }
  return seconds > 0 ? Math.floor(seconds * 1000) : undefined;
}

/** Named timeouts, as in `timeouts.actions`. */
export function namedTimeouts(value: Json | undefined): ReadonlyMap<string, number> {
  const named = new Map<string, number>();
  for (const [name, timeout] of Object.entries(asObject(value)))
    named.set(name, timeoutMs(timeout) ?? defaultTimeoutMs);
  return named;
}

/** `timeouts` of a job or a device. */
export interface Timeouts {
  readonly jobMs?: number;
  readonly actionMs?: number;
  readonly connectionMs?: number;
  readonly actions: ReadonlyMap<string, number>;
  readonly connections: ReadonlyMap<string, number>;
}

/** Reads the `timeouts` key of a job or a device dictionary. */
export function readTimeouts(value: JsonObject): Timeouts {
  const single = {
    jobMs: timeoutMs(value.job),
    actionMs: timeoutMs(value.action),
    connectionMs: timeoutMs(value.connection),
  };
  const present = Object.fromEntries(Object.entries(single).filter(([, ms]) => ms !== undefined));
  return { ...present, actions: namedTimeouts(value.actions), connections: namedTimeouts(value.connections) };
}

/** `hh:mm:ss`, as LAVA's log lines print durations. */
export function formatDuration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const pad = (n: number): string => String(n).padStart(2, "0");
  return `${pad(Math.floor(total / 3600))}:${pad(Math.floor(total / 60) % 60)}:${pad(total % 60)}`;
}
