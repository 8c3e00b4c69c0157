import { InvalidArgumentError } from "commander";

/** A whole number from 0, or from 1. */
export const wholeNumber =
  (least = 0) =>
  (text: string): number => {
    if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
    throw new InvalidArgumentError(`Expected a whole number from ${least}.`);
  };

/** One of some words; upper and lower case, as LAVA's command takes them, are the same. */
export const oneOf =
  <const T extends string>(words: readonly T[]) =>
  (text: string): T => {
    const found = words.find((word) => word.toLowerCase() === text.toLowerCase());
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`Allowed choices are ${words.join(", ")}.`);
  };

export const deviceHealth = oneOf(["Good", "Unknown", "Looping", "Bad", "Maintenance", "Retired"]);
export const workerHealth = oneOf(["Active", "Maintenance", "Retired"]);

/** Only those that were given: exact optional properties. */
export const given = <T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
