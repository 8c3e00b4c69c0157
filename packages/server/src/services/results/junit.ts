import type { CaseView } from "../types.js";
import { metadataOf } from "./export-dict.js";

export interface JunitOptions {
  readonly classnamePrefix: string;
  /** The part of the log that belongs to a failed case. */
  readonly excerpt: (item: CaseView) => Promise<string>;
}

// what XML 1.0 can't hold, not even escaped
const forbidden =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
const escaped = (text: string): string =>
  text.replace(forbidden, "\ufffd").replace(/[&<>"]/g, (found) => entities[found] ?? "");
const attributes = (list: Readonly<Record<string, string | number>>): string =>
  Object.entries(list)
    .map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll("\n", "&#10;")}"`)
    .join("");

/** To the microsecond: sums of decimal fractions come out as 1.6700000000000002. */
const rounded = (duration: number): number => Number(duration.toFixed(6));

const seconds = (item: CaseView): number => {
  const duration = Number(metadataOf(item).duration);
  return Number.isFinite(duration) ? rounded(duration) : 0;
};

async function caseXml(item: CaseView, { classnamePrefix, excerpt }: JunitOptions): Promise<string> {
  const classname = classnamePrefix === "" ? item.suite : `${classnamePrefix}_${item.suite}`;
  const opening = `<testcase${attributes({ name: item.name, classname, time: seconds(item), timestamp: item.logged.toISOString() })}`;
  switch (item.result) {
    case "pass":
      return `${opening}/>`;
    case "skip":
      return `${opening}><skipped/></testcase>`;
    case "unknown":
      return `${opening}><error message="unknown result"/></testcase>`;
    case "fail":
      return `${opening}><failure message="failed">${escaped(await excerpt(item))}</failure></testcase>`;
  }
}

/** One `testsuite` per suite (spec 4); times in seconds. */
export async function toJunit(cases: readonly CaseView[], options: JunitOptions): Promise<string> {
  const suites = new Map<string, CaseView[]>();
  for (const item of cases) {
    const list = suites.get(item.suite);
    if (list) list.push(item);
    else suites.set(item.suite, [item]);
  }
  const of = (list: readonly CaseView[], result: CaseView["result"]): number =>
    list.filter((item) => item.result === result).length;
  const facts = (list: readonly CaseView[]) => ({
    tests: list.length,
    failures: of(list, "fail"),
    errors: of(list, "unknown"),
    skipped: of(list, "skip"),
    time: rounded(list.reduce((sum, item) => sum + seconds(item), 0)),
  });
  const { skipped: _skipped, ...all } = facts(cases);
  const lines = ['<?xml version="1.0" encoding="utf-8"?>', `<testsuites${attributes(all)}>`];
  for (const [name, list] of suites) {
    lines.push(`<testsuite${attributes({ name, ...facts(list) })}>`);
    for (const item of list) lines.push(await caseXml(item, options));
    lines.push("</testsuite>");
  }
  return `${lines.join("\n")}\n</testsuites>\n`;
}
