import type { Clock, JournalEvent, PlannedNode } from "@basalt/core";
import type { OutputStream } from "../io.js";
import { ConsoleLines, readable } from "./console-lines.js";
import { JobState } from "./job-state.js";
import { LiveRegion } from "./live-region.js";
import type { Paint } from "./paint.js";
import { treeLines } from "./tree-lines.js";
import type { View } from "./view.js";

export interface LiveViewOptions {
  readonly stream: OutputStream;
  readonly paint: Paint;
  readonly clock: Clock;
  /** Line above the tree: the job and its device. */
  readonly title: string;
  readonly roots: readonly PlannedNode[];
}

const frameMs = 80;
/** Log lines that the tree shows already. */
const toldByTree = /^(start|end): /;

/**
 * A terminal while a job runs: the tree of actions, below it the console's last lines. What leaves the console's place scrolls away above
 * the tree, so that all of it can be read in the terminal's history.
 */
export class LiveView implements View {
  readonly #state: JobState;
  readonly #region: LiveRegion;
  readonly #consoles = new Map<string, ConsoleLines>();
  readonly #stop = new AbortController();
  readonly #drawing: Promise<void>;
  /** Lines not yet scrolled away; the last of them are shown. */
  #lines: string[] = [];
  #notice: string | undefined;
  #frame = 0;

  constructor(private readonly options: LiveViewOptions) {
    this.#state = new JobState(options.roots);
    this.#region = new LiveRegion(options.stream);
    this.#drawing = this.#draw();
  }

  append(event: JournalEvent): void {
    this.#state.apply(event);
    if (event.type === "console") this.#say(...this.#console(event.namespace).push(event.text));
    else if (event.type === "log") this.#log(event);
    else if (event.type === "result" && event.result.definition !== "lava") {
      const { definition, result } = event.result;
      const { paint } = this.options;
      const colour = { pass: paint.green, fail: paint.red, skip: paint.yellow, unknown: paint.magenta }[result];
      this.#say(`${paint.bold(`${definition}.${event.result.case}`)} ${colour(result)}`);
    }
  }

  notice(text: string): void {
    this.#notice = text;
    this.#say(this.options.paint.yellow(text));
  }

  restore(): void {
    this.#stop.abort();
    this.#region.close(this.#lines);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#drawing;
    for (const console of this.#consoles.values()) this.#say(...console.flush());
    const tree = treeLines(this.#state, { ...this.#treeOptions(), rows: Number.POSITIVE_INFINITY });
    this.#region.close([...this.#lines, "", this.options.title, ...tree]);
  }

  #console(namespace: string): ConsoleLines {
    let lines = this.#consoles.get(namespace);
    if (!lines) {
      lines = new ConsoleLines();
      this.#consoles.set(namespace, lines);
    }
    return lines;
  }

  #say(...lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(this.options.paint.plain(line));
  }

  #log({ level, message, namespace }: Extract<JournalEvent, { type: "log" }>): void {
    const { paint } = this.options;
    const style = {
      info: paint.dim,
      warning: paint.yellow,
      error: paint.red,
      exception: paint.red,
      feedback: paint.blue,
    };
    if (!(level in style) || toldByTree.test(message)) return;
    const from = namespace === undefined ? "" : `[${namespace}] `;
    for (const line of message.split("\n")) this.#say(style[level as keyof typeof style](from + readable(line)));
  }

  #treeOptions() {
    return { paint: this.options.paint, now: this.options.clock.now(), frame: this.#frame, rows: 0 };
  }

  async #draw(): Promise<void> {
    const { clock } = this.options;
    while (!this.#stop.signal.aborted) {
      this.#drawFrame();
      this.#frame++;
      await clock.sleep(frameMs, { signal: this.#stop.signal }).catch(() => {});
    }
  }

  #drawFrame(): void {
    const { paint, title } = this.options;
    const { rows, columns } = this.#region;
    const open = [...this.#consoles.values()].map((console) => paint.plain(console.open)).filter((line) => line !== "");
    // title, rule, notice and one free row; half of what is left for the tree at most
    const treeRows = Math.max(1, Math.floor((rows - 4) / 2));
    const tree = treeLines(this.#state, { ...this.#treeOptions(), rows: treeRows });
    const head = [title, ...tree, paint.dim(paint.signs.rule.repeat(columns - 1))];
    const foot = this.#notice === undefined ? [] : [paint.yellow(this.#notice)];
    const room = Math.max(0, rows - 1 - head.length - foot.length - open.length);
    const gone = this.#lines.splice(0, Math.max(0, this.#lines.length - room));
    this.#region.draw(gone, [...head, ...this.#lines, ...open, ...foot].slice(0, Math.max(1, rows - 1)));
  }
}
