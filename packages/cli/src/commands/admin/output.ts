import type { Io } from "../../io.js";
import { makePaint, type Paint } from "../../view/paint.js";
import { type Cell, formatTable } from "../../view/table.js";
import { terminalFacts } from "../../view/terminal.js";

/** What a command prints: tables and words for people, or JSON for machines. */
export interface Output {
  readonly json: boolean;
  readonly paint: Paint;
  /** A line of words; with `--json` on stderr, out of the way. */
  say(line: string): void;
  /** Text as it is. */
  write(text: string): void;
  /** A list of things: a table, or all of `items` as JSON. */
  list<T extends object>(items: readonly T[], columns: Readonly<Record<string, (item: T) => Cell>>): Promise<void>;
  /** One thing: a line for each field, or JSON. Fields that are empty are left out of the lines. */
  show(item: object): void;
}

const shown = (value: unknown): string => {
  if (value instanceof Date) return value.toISOString().replace(/\.\d+Z$/, "Z");
  if (Array.isArray(value)) return value.map(shown).join(", ");
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(([key, part]) => `${key} ${shown(part)}`)
      .join(", ");
  return String(value);
};

/** A moment in a table: to the minute, UTC. */
export const moment = (at: Date | null): string =>
  at === null ? "never" : `${at.toISOString().slice(0, 16).replace("T", " ")}Z`;

export const commas = (items: readonly (string | number)[]): string => items.join(", ");

export function makeOutput(io: Io, { json = false }: { readonly json?: boolean | undefined }): Output {
  const paint = makePaint(terminalFacts(io.stdout, io.env));
  const print = (value: unknown): void => void io.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return {
    json,
    paint,
    say: (line) => void (json ? io.stderr : io.stdout).write(`${paint.plain(line)}\n`),
    write: (text) => void io.stdout.write(text),
    async list(items, columns) {
      if (json) return print(items);
      if (items.length === 0) return void io.stdout.write("none\n");
      const rows = items.map((item) => Object.values(columns).map((cell) => cell(item)));
      for (const line of await formatTable(Object.keys(columns), rows, paint))
        io.stdout.write(`${paint.plain(line)}\n`);
    },
    show(item) {
      if (json) return print(item);
      const fields = Object.entries(item).filter(
        ([, value]) => value !== null && value !== undefined && shown(value) !== "",
      );
      const width = Math.max(...fields.map(([key]) => key.length)) + 2;
      for (const [key, value] of fields) {
        const [first = "", ...more] = shown(value).split("\n");
        io.stdout.write(`${paint.plain(`${paint.dim(key.padEnd(width))}${first}`)}\n`);
        for (const line of more) io.stdout.write(`${" ".repeat(width)}${paint.plain(line)}\n`);
      }
    },
  };
}
