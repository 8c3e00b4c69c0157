import { asObject, isJsonObject, type JsonObject, pythonStr, readYamlFast } from "@basalt/core";

/** A line of a log that carries a result, as far as tables keep it (spec 5.2). */
export interface ResultLine {
  /** Its place in the log, from 0. */
  readonly line: number;
  readonly suite: string;
  readonly set: string | null;
  readonly name: string;
  readonly result: "pass" | "fail" | "skip" | "unknown";
  readonly measurement: string | null;
  readonly units: string;
  /** YAML, 4,096 characters at most. */
  readonly metadata: string;
  readonly startLine: number | null;
  readonly endLine: number | null;
  readonly logged: Date;
  /** What had to be left out, for the job's comment. */
  readonly remark?: string;
}

const marker = Buffer.from('"lvl": "results"');
const lineFeed = 0x0a;

/** Lines of a log part that carry results, with their numbers; looks at nothing else, since most lines are a console's. */
export function resultLines(body: Buffer, from: number): readonly { readonly line: number; readonly text: string }[] {
  const found: { line: number; text: string }[] = [];
  let number = from;
  let counted = 0;
  for (let at = body.indexOf(marker); at >= 0; ) {
    for (let end = body.indexOf(lineFeed, counted); end >= 0 && end < at; end = body.indexOf(lineFeed, counted)) {
      counted = end + 1;
      number++;
    }
    const end = body.indexOf(lineFeed, at);
    found.push({ line: number, text: body.toString("utf8", counted, end < 0 ? body.length : end) });
    at = end < 0 ? -1 : body.indexOf(marker, end);
  }
  return found;
}

/** Our own writer's lines are JSON; anything else (LAVA's writes numbers as `! "5"`) is read as YAML. */
function readLine(text: string): unknown {
  const item = text.startsWith("- ") ? text.slice(2) : text;
  try {
    return JSON.parse(item);
  } catch {
    return readYamlFast(item);
  }
}

const words = new Set(["pass", "fail", "skip", "unknown"]);
const longestMetadata = 4_096;
const longestMessage = 256;
/** Names stand in an index of the tables, which takes no more than 2,704 bytes. */
const longestName = 200;
const largestLine = 2 ** 31 - 1;
/** What LAVA's URLs can hold. */
const urlSafe = /^[-\w.~ ]+$/;
const control = /\p{Cc}/gu;

const textOf = (value: unknown): string => (typeof value === "string" ? value : pythonStr(value as never));
const numberOf = (value: unknown): number | null => {
  const number = typeof value === "number" ? value : typeof value === "string" ? Number(value) : Number.NaN;
  return Number.isInteger(number) && number >= 0 && number <= largestLine ? number : null;
};
/** PostgreSQL takes no more places than this is sure to keep below. */
const decimal = /^[+-]?(?:\d{1,400}\.?\d{0,400}|\.\d{1,400})(?:e[+-]?\d{1,3})?$/i;
const plain = (text: string): string => text.replace(control, "_ctrl-char_");

/** When a line was written, where it says so: PostgreSQL's years are fewer than JavaScript's. */
function timeOf(value: unknown): Date {
  const time = new Date(typeof value === "string" ? value : Number.NaN);
  const year = time.getUTCFullYear();
  return year >= 1970 && year <= 9999 ? time : new Date(Number.NaN);
}

function measurementOf(value: unknown): string | null {
  const text = typeof value === "number" || typeof value === "string" ? String(value).trim() : "";
  // numeric(30, 10): twenty digits before the point
  return decimal.test(text) && Math.abs(Number(text)) < 1e20 ? text : null;
}

/** A results line for the tables; undefined for one that is none: LAVA drops those, too. */
export function parseResult({ line, text }: { readonly line: number; readonly text: string }): ResultLine | undefined {
  let record: unknown;
  try {
    record = readLine(text);
  } catch {
    return undefined;
  }
  if (!isJsonObject(record) || record.lvl !== "results") return undefined;
  const result = asObject(record.msg);
  const { definition, case: name, result: verdict } = result;
  if (definition === undefined || name === undefined || typeof verdict !== "string" || !words.has(verdict))
    return undefined;
  const suite = plain(textOf(definition)).slice(0, longestName);
  const set = result.set === undefined || result.set === null ? null : textOf(result.set);
  const setFits = set === null || (urlSafe.test(set) && set.length <= longestName);
  const { metadata, remark } = metadataOf(result, textOf(name));
  const own = suite === "lava";
  return {
    line,
    suite,
    set: setFits ? set : null,
    name: plain(textOf(name)),
    result: verdict as ResultLine["result"],
    measurement: measurementOf(own ? result.duration : result.measurement),
    units: own
      ? result.duration === undefined
        ? ""
        : "seconds"
      : result.units === undefined
        ? ""
        : plain(textOf(result.units)),
    metadata,
    startLine: numberOf(result.starttc),
    endLine: numberOf(result.endtc),
    logged: timeOf(record.dt),
    ...(setFits && remark === undefined
      ? {}
      : {
          remark: [setFits ? [] : [`Invalid set name "${plain(set ?? "").slice(0, longestName)}"`], remark ?? []]
            .flat()
            .join("; "),
        }),
  };
}

const yamlOf = (value: JsonObject): string => JSON.stringify(value);

/** The whole record, as JSON, which is YAML; a long one is cut to what says what it is. */
function metadataOf(result: JsonObject, name: string): { readonly metadata: string; readonly remark?: string } {
  const whole = yamlOf(result);
  if (whole.length <= longestMetadata) return { metadata: whole };
  const { definition = null, result: verdict = null, error_type, error_msg } = result;
  const short = yamlOf({
    definition,
    case: result.case ?? null,
    result: verdict,
    ...(error_type === undefined ? {} : { error_type }),
    ...(error_msg === undefined ? {} : { error_msg: textOf(error_msg).slice(0, longestMessage) }),
  });
  return {
    metadata: short.slice(0, longestMetadata),
    remark: `[${plain(name).slice(0, longestName)}] metadata was too long and was cut`,
  };
}
