import { type AnyToken, ClockToken, type Log, type Resolve, serviceMissing } from "@basalt/core";
import { fastClock } from "./fast-clock.js";

/** Finds the given services, and a clock twenty times as fast as the system's where none is given: for tests of drivers. */
export const resolveOf = (...services: readonly (readonly [AnyToken, unknown])[]): Resolve => {
  const held = new Map(
    [[ClockToken as AnyToken, fastClock(20)] as const, ...services].map(([{ key }, it]) => [key, it]),
  );
  return <T>(token: { readonly key: symbol; readonly _type?: (value: T) => T }): T => {
    if (!held.has(token.key)) throw serviceMissing(token.key.description ?? "a service without a name");
    return held.get(token.key) as T;
  };
};

/** A log that keeps nothing. */
export const silentLog: Log = Object.freeze({ debug() {}, info() {}, warning() {}, error() {}, write() {} });
