import type { VNode } from "preact";
import { jobHref, plural } from "../words.js";
import { type LogLine, LogRows, logLevels } from "./log-rows.js";

/** A part of a log, and how to come to the others. */
export interface LogPanelView {
  readonly job: string;
  /** Lines there are. */
  readonly count: number;
  /** Nothing will be added. */
  readonly finished: boolean;
  readonly lines: readonly LogLine[];
  /** First line that was looked at, and the one after the last, from 1. */
  readonly from: number;
  readonly to: number;
  /** Levels that are shown; all where there are none. */
  readonly levels: readonly string[];
  /** Address of the WebSocket that says when there is more. */
  readonly live?: string | undefined;
}

/** Where the log's page stands. */
export function logHref(
  job: string,
  { from, line, levels = [], to }: { from?: number; line?: number; to?: number; levels?: readonly string[] },
): string {
  const query = new URLSearchParams();
  if (from !== undefined) query.set("from", String(from));
  if (to !== undefined) query.set("to", String(to));
  if (line !== undefined) query.set("line", String(line));
  for (const level of levels) query.append("level", level);
  const text = query.toString();
  return `${jobHref(job)}/log${text === "" ? "" : `?${text}`}${line === undefined ? "" : `#L${line}`}`;
}

/** The log with its tools. Without scripts its tools are links and a form; with them it loads more as one scrolls, and follows. */
export function LogPanel(view: LogPanelView): VNode {
  const { job, count, finished, lines, from, to, levels, live } = view;
  return (
    <section
      id="log"
      aria-labelledby="log-title"
      data-job={job}
      data-count={count}
      data-from={from}
      data-to={to}
      data-finished={finished ? "" : undefined}
      data-live={live}
    >
      <div class="log-head">
        <h2 id="log-title">Log</h2>
        <span class="quiet" id="log-count">
          {plural(count, "line")}
        </span>
        <span class="spring" />
        <label class="check" id="follow-label" hidden>
          <input type="checkbox" id="follow" /> Follow
        </label>
        <a href={`${jobHref(job)}/log.yaml`} download={`job-${job}.yaml`}>
          Download
        </a>
      </div>
      <form class="log-tools" method="get" action={`${jobHref(job)}/log`}>
        <fieldset>
          <legend>Levels</legend>
          {logLevels.map((level) => (
            <label class="check" key={level}>
              <input
                type="checkbox"
                name="level"
                value={level}
                checked={levels.length === 0 || levels.includes(level)}
              />{" "}
              {level}
            </label>
          ))}
        </fieldset>
        <label>
          Line <input type="number" name="line" min="1" max={Math.max(1, count)} inputmode="numeric" />
        </label>
        <button type="submit">Show</button>
      </form>
      <ol class="log" tabindex={0} aria-label="Lines of the log">
        <LogRows job={job} lines={lines} />
      </ol>
      <LogPager {...view} />
    </section>
  );
}

function LogPager({ job, count, from, to, levels, lines, finished }: LogPanelView): VNode {
  const empty = count === 0 ? (finished ? "The log is empty." : "Nothing yet.") : "No line of these levels here.";
  return (
    <nav class="pager" aria-label="Parts of the log">
      {from > 1 && <a href={logHref(job, { levels })}>First</a>}
      {from > 1 && <a href={logHref(job, { to: from, levels })}>Earlier</a>}
      <span class="quiet">
        {lines.length === 0
          ? empty
          : `lines ${from.toLocaleString("en")} to ${(to - 1).toLocaleString("en")} of ${count.toLocaleString("en")}`}
      </span>
      {to <= count && <a href={logHref(job, { from: to, levels })}>Later</a>}
      {to <= count && <a href={logHref(job, { to: count + 1, levels })}>Last</a>}
    </nav>
  );
}
