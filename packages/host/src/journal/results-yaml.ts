import { isoTime, type ResultRecord } from "@basalt/core";
import { stringify } from "yaml";

/** A result and when it came, in milliseconds since the epoch. */
export interface TimedResult {
  readonly at: number;
  readonly result: ResultRecord;
}

/** One result as LAVA's export of a job's results has it: the main facts, and the rest under `metadata`. */
function entryOf({ at, result }: TimedResult): object {
  const { definition, case: name, result: outcome, measurement, units, level, ...metadata } = result;
  return {
    name,
    suite: definition,
    result: outcome,
    ...(measurement === undefined ? {} : { measurement }),
    ...(units === undefined ? {} : { unit: units }),
    ...(level === undefined ? {} : { level }),
    logged: isoTime(at),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

/** The results as a YAML 1.1 list, in the order they came: name, suite, result, measurement, unit, level, logged, metadata. */
export const resultsYaml = (results: readonly TimedResult[]): string =>
  // no anchors: two results may share an object, and readers of the file should not have to follow references
  stringify(results.map(entryOf), { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 });
