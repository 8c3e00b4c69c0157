import { isoTime, type ResultRecord } from "@basalt/core";
import type { TimedResult } from "./results-yaml.js";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// XML 1.0, "Char": control characters, halves of surrogate pairs and U+FFFE, U+FFFF can't be written, not even as references
const notXml =
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Text for XML, in an attribute or between tags: what XML can't hold becomes U+FFFD, line ends in attributes are kept. */
export const xmlText = (text: string): string =>
  text
    .replace(notXml, "\ufffd")
    .replace(/[&<>"]/g, (char) => entities[char] ?? char)
    .replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);

const attributes = (values: Readonly<Record<string, string | number | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${xmlText(String(value))}"`]))
    .join("");

const secondsOf = ({ duration }: ResultRecord): string | undefined =>
  duration !== undefined && /^\d+(\.\d+)?$/.test(duration) ? duration : undefined;

function verdict(result: ResultRecord): string {
  const message = result.error_msg ?? "";
  if (result.result === "fail") return `<failure${attributes({ message, type: result.error_type ?? "fail" })}/>`;
  if (result.result === "unknown")
    return `<error${attributes({ message: message || "the result is unknown", type: "unknown" })}/>`;
  return result.result === "skip" ? "<skipped/>" : "";
}

function measured({ measurement, units }: ResultRecord): string {
  if (measurement === undefined) return "";
  const value = units === undefined ? String(measurement) : `${measurement} ${units}`;
  return `<properties><property${attributes({ name: "measurement", value })}/></properties>`;
}

function testcase(result: ResultRecord): string {
  // cases of a set bear its name: `set/case`
  const name = result.set === undefined ? result.case : `${result.set}/${result.case}`;
  const head = attributes({ name, classname: result.definition, time: secondsOf(result) });
  const body = measured(result) + verdict(result);
  return body === "" ? `    <testcase${head}/>` : `    <testcase${head}>${body}</testcase>`;
}

function counts(results: readonly TimedResult[]) {
  const of = (wanted: string): number => results.filter(({ result }) => result.result === wanted).length;
  return { tests: results.length, failures: of("fail"), errors: of("unknown"), skipped: of("skip") };
}

function suite(name: string, results: readonly TimedResult[]): string {
  const seconds = results.reduce((sum, { result }) => sum + Number(secondsOf(result) ?? 0), 0);
  const head = attributes({
    name,
    ...counts(results),
    time: seconds.toFixed(2),
    timestamp: isoTime(results[0]?.at ?? 0).slice(0, 19),
  });
  return [`  <testsuite${head}>`, ...results.map(({ result }) => testcase(result)), "  </testsuite>"].join("\n");
}

/** The results as JUnit XML: one suite for each test definition, the job's own actions in the suite `lava`. */
export function junitXml(results: readonly TimedResult[]): string {
  const suites = new Map<string, TimedResult[]>();
  for (const timed of results) {
    const { definition } = timed.result;
    const members = suites.get(definition);
    if (members) members.push(timed);
    else suites.set(definition, [timed]);
  }
  const body = [...suites].map(([name, members]) => suite(name, members));
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes(counts(results))}>`,
    ...body,
    "</testsuites>",
  ];
  return `${lines.join("\n")}\n`;
}
