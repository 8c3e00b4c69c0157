import { asObject, readYamlFast } from "@basalt/core";
import type { LogStore } from "../../logs/index.js";
import type { CaseView } from "../types.js";

const mostLines = 100;
const mostBytesInAll = 4 * 1024 * 1024;

/** What a log line says; the line itself where it is none of ours. */
function message(line: string): string {
  try {
    const { msg } = asObject(readYamlFast(line.replace(/^- /, "")));
    return typeof msg === "string" ? msg : JSON.stringify(msg);
  } catch {
    return line;
  }
}

/** Gives the log of cases, the end of it where it is long, until an answer has had enough of them. */
export function logExcerpts(logs: LogStore, job: number): (item: CaseView) => Promise<string> {
  let left = mostBytesInAll;
  return async ({ start_log_line: start, end_log_line: end }) => {
    if (start === null || end === null || end < start || left <= 0) return "";
    const query = { start: Math.max(start, end + 1 - mostLines), end: end + 1, bytes: left, last: true };
    const { start: from, text } = await logs.page(job, query);
    const lines = text.toString("utf8").split("\n").slice(0, -1).map(message);
    const said = `${from > start ? `(${from - start} lines before these)\n` : ""}${lines.join("\n")}`.slice(0, left);
    left -= said.length;
    return said;
  };
}
