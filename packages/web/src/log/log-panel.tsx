import type { VNode } from "preact";
import { jobHref, logHref } from "../links.js";
import { plural } from "../words.js";
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
  /** Only lines that have it; all where it is empty. */
  readonly text?: string;
  /** Address of the WebSocket that says when there is more. */
  readonly live?: string | undefined;
}

/** The log with its tools. Without scripts its tools are links and a form; with them it loads more as one scrolls, and follows. */
export function LogPanel(view: LogPanelView): VNode {
  const { job, count, finished, lines, from, to, live } = view;
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
        <span class="quiet">times are UTC</span>
        <span class="spring" />
        <label class="check" id="follow-label" hidden>
          <input type="checkbox" id="follow" /> Follow
        </label>
        <a href={`${jobHref(job)}/log.yaml`} download={`job-${job}.yaml`}>
          Download
        </a>
      </div>
      <LogTools {...view} />
      <ol class="log" tabindex={0} aria-label="Lines of the log">
        <LogRows job={job} lines={lines} />
      </ol>
      <p class="log-empty quiet">{emptyWords(view)}</p>
      <LogPager {...view} />
    </section>
  );
}

function LogTools({ job, count, levels, text = "" }: LogPanelView): VNode {
  return (
    <form class="log-tools" method="get" action={`${jobHref(job)}/log`}>
      <fieldset>
        <legend>Levels</legend>
        {logLevels.map((level) => (
          <label class="check" key={level}>
            <input type="checkbox" name="level" value={level} checked={levels.length === 0 || levels.includes(level)} />{" "}
            {level}
          </label>
        ))}
      </fieldset>
      <label>
        Only lines with <input type="search" name="text" value={text} size={16} maxlength={200} autocapitalize="off" />
      </label>
      <label>
        Line <input type="number" name="line" min="1" max={Math.max(1, count)} inputmode="numeric" />
      </label>
      <button type="submit">Show</button>
    </form>
  );
}

function emptyWords({ count, finished }: LogPanelView): string {
  if (count > 0) return "No such line here.";
  return finished ? "The log is empty." : "The log begins when the job does.";
}

function LogPager({ job, count, from, to, levels, text = "", lines }: LogPanelView): VNode {
  const shared = { levels, text };
  return (
    <nav class="pager" aria-label="Parts of the log">
      {from > 1 && <a href={logHref(job, shared)}>First</a>}
      {from > 1 && <a href={logHref(job, { to: from, ...shared })}>Earlier</a>}
      {lines.length > 0 && (
        <span class="quiet">
          lines {from.toLocaleString("en")} to {(to - 1).toLocaleString("en")} of {count.toLocaleString("en")}
        </span>
      )}
      {to <= count && <a href={logHref(job, { from: to, ...shared })}>Later</a>}
      {to <= count && <a href={logHref(job, { to: count + 1, ...shared })}>Last</a>}
    </nav>
  );
}
