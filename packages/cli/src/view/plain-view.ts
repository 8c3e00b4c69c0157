import type { JournalEvent, LogLevel, ResultRecord } from "@basalt/core";
import type { OutputStream } from "../io.js";
import { readable } from "./console-lines.js";
import { humanProgress } from "./format.js";
import type { Paint } from "./paint.js";
import type { View } from "./view.js";

export interface PlainViewOptions {
  readonly stream: OutputStream;
  readonly paint: Paint;
  /** Levels that are left out. */
  readonly hide?: ReadonlySet<LogLevel>;
}

const timeOf = (at: number): string => new Date(at).toISOString().slice(11, 19);

function styleOf(level: LogLevel, paint: Paint): (text: string) => string {
  switch (level) {
    case "debug":
      return paint.dim;
    case "warning":
      return paint.yellow;
    case "error":
    case "exception":
      return paint.red;
    case "input":
    case "event":
      return paint.cyan;
    case "feedback":
      return paint.blue;
    default:
      return (text) => text;
  }
}

function resultText(record: ResultRecord, paint: Paint): string {
  const { definition, result, measurement, units, duration } = record;
  const colour = { pass: paint.green, fail: paint.red, skip: paint.yellow, unknown: paint.magenta }[result];
  const rest = [
    ...(measurement === undefined ? [] : [`${measurement} ${units ?? ""}`.trim()]),
    ...(duration === undefined ? [] : [`${duration} s`]),
    ...(record.error_msg === undefined ? [] : [record.error_msg]),
  ];
  return [`${definition}.${record.case}`, colour(result), ...rest].join(" ");
}

/** How much further a download must be before it is said again: a tenth, or ten seconds. */
const progressEvery = { share: 0.1, ms: 10_000 };

/** A line for each thing that happens, as LAVA's log has it: for pipes, files and dumb terminals. Times of day are UTC. */
export class PlainView implements View {
  readonly #said = new Map<string, { at: number; share: number }>();

  constructor(private readonly options: PlainViewOptions) {}

  append(event: JournalEvent): void {
    const { paint, hide } = this.options;
    if (event.type === "log" && !hide?.has(event.level)) {
      const style = styleOf(event.level, paint);
      const from = event.namespace === undefined ? "" : `[${event.namespace}] `;
      for (const line of event.message.split("\n"))
        this.#line(event.at, event.level, style(paint.plain(from + readable(line))));
    } else if (event.type === "result" && !hide?.has("results")) {
      this.#line(event.at, "results", paint.plain(resultText(event.result, paint)));
    } else if (event.type === "progress" && !hide?.has("info")) this.#sayProgress(event);
  }

  #line(at: number, level: LogLevel, text: string): void {
    this.options.stream.write(
      `${this.options.paint.dim(timeOf(at))} ${level.padEnd(9)} ${text}`.trimEnd().concat("\n"),
    );
  }

  #sayProgress(event: Extract<JournalEvent, { type: "progress" }>): void {
    const key = `${event.level} ${event.what}`;
    const share = event.total ? event.done / event.total : 0;
    const last = this.#said.get(key);
    const due =
      !last || share - last.share >= progressEvery.share || event.at - last.at >= progressEvery.ms || share >= 1;
    if (!due || (last && share === last.share && event.at === last.at)) return;
    this.#said.set(key, { at: event.at, share });
    this.#line(event.at, "info", this.options.paint.plain(`${event.what}: ${humanProgress(event)}`));
  }

  notice(text: string): void {
    this.options.stream.write(`${this.options.paint.yellow(text)}\n`);
  }

  restore(): void {}

  async close(): Promise<void> {}
}
