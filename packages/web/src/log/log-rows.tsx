import type { VNode } from "preact";
import { ConsoleText } from "../ansi.js";
import { fragment } from "../frame.js";
import { logHref, resultsHref } from "../links.js";
import { Badge, plural } from "../words.js";

/** Levels a line can have, in the order of the filter's boxes. */
export const logLevels = ["debug", "info", "warning", "error", "target", "input", "feedback", "results"] as const;

/** One line of a job's log. */
export interface LogLine {
  /** From 1, as in its anchor `#L12`. */
  readonly number: number;
  /** `09:12:34.567`, empty where the line has no time. */
  readonly time: string;
  readonly level: string;
  /** Of feedback lines: which console it comes from. */
  readonly namespace?: string;
  readonly text: string;
  /** Characters of the line that are left out here: the download has them. */
  readonly left?: number;
  /** Of lines that carry a result, shown instead of the text. */
  readonly result?: { readonly suite: string; readonly name: string; readonly word: string; readonly more: string };
}

const plain = /[^\w-]/g;

export interface LogRowsView {
  readonly job: string;
  readonly lines: readonly LogLine[];
  /** Lines shown outside of the log: they lead to it, and are no anchors. */
  readonly elsewhere?: boolean;
}

/** Rows of a log, each with its anchor. */
export function LogRows({ job, lines, elsewhere = false }: LogRowsView): VNode {
  return (
    <>
      {lines.map((line) => (
        <li
          id={elsewhere ? undefined : `L${line.number}`}
          class={`v-${line.level.replace(plain, "")}`}
          key={line.number}
        >
          <a
            class="n"
            href={elsewhere ? logHref(job, { line: line.number }) : `#L${line.number}`}
            data-line={elsewhere ? line.number : undefined}
          >
            {line.number}
          </a>
          <time>{line.time}</time>
          <span class="lv">{line.level}</span>
          <span class="m">
            {line.namespace !== undefined && <span class="ns">&lt;{line.namespace}&gt; </span>}
            {line.result ? <ResultText job={job} result={line.result} /> : <ConsoleText text={line.text} />}
            {line.left !== undefined && (
              <span class="more"> … {plural(line.left, "character")} more in the download</span>
            )}
          </span>
        </li>
      ))}
    </>
  );
}

function ResultText({ job, result }: { job: string; result: NonNullable<LogLine["result"]> }): VNode {
  return (
    <>
      <Badge word={result.word} />{" "}
      <a href={`${resultsHref(job, result.suite)}#case-${encodeURIComponent(result.name)}`}>
        {result.suite} / <ConsoleText text={result.name} />
      </a>
      {result.more !== "" && (
        <span class="more">
          {" "}
          <ConsoleText text={result.more} />
        </span>
      )}
    </>
  );
}

/** Rows as HTML, for a page that loads more of them. */
export const logRows = (job: string, lines: readonly LogLine[]): string =>
  fragment(<LogRows job={job} lines={lines} />);
