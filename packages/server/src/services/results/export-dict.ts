import { asObject, type JsonObject, readYamlFast } from "@basalt/core";
import type { CaseView } from "../types.js";

/** A case as LAVA exports it (spec 7.6): texts, but for the metadata. */
export interface ExportDict {
  readonly name: string;
  readonly job: string;
  readonly suite: string;
  readonly result: string;
  readonly measurement: string;
  readonly unit: string;
  readonly level: string;
  readonly url: string;
  readonly id: string;
  readonly logged: string;
  readonly log_start_line: string;
  readonly log_end_line: string;
  readonly metadata: JsonObject;
}

/** As Python writes an aware datetime: with a space, and microseconds. */
const pythonTime = (date: Date): string =>
  date
    .toISOString()
    .replace("T", " ")
    .replace(/(\.\d{3})Z$/, "$1000+00:00");

/** A case's metadata; empty where it can't be read: it was cut short. */
export function metadataOf(item: Pick<CaseView, "metadata">): JsonObject {
  try {
    return asObject(readYamlFast(item.metadata));
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string => (value === undefined || value === null ? "" : String(value));

export function exportDict(job: number, item: CaseView): ExportDict {
  const metadata = metadataOf(item);
  return {
    name: item.name,
    job: String(job),
    suite: item.suite,
    result: item.result,
    measurement: item.measurement ?? "None",
    unit: item.units,
    level: textOf(metadata.level),
    url: `/results/${job}/${encodeURIComponent(item.suite)}/${encodeURIComponent(item.name)}`,
    id: String(item.id),
    logged: pythonTime(item.logged),
    log_start_line: textOf(item.start_log_line),
    log_end_line: textOf(item.end_log_line),
    metadata,
  };
}
