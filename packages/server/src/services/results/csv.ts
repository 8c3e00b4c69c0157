import type { ExportDict } from "./export-dict.js";

const columns = [
  "job",
  "suite",
  "result",
  "measurement",
  "unit",
  "duration",
  "timeout",
  "logged",
  "level",
  "metadata",
  "url",
  "name",
  "id",
  "log_start_line",
  "log_end_line",
] as const;

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

function cell(item: ExportDict, column: (typeof columns)[number]): string {
  if (column === "duration" || column === "timeout") return String(item.metadata[column] ?? "");
  return column === "metadata" ? JSON.stringify(item.metadata) : item[column];
}

/** Columns and their order as LAVA's (spec 7.6); RFC 4180, everything quoted. */
export function toCsv(items: readonly ExportDict[]): string {
  const rows = items.map((item) => columns.map((column) => quoted(cell(item, column))).join(","));
  return [columns.map(quoted).join(","), ...rows, ""].join("\r\n");
}
