import { document, type Frame } from "../frame.js";
import { jobHref } from "../links.js";
import { LogPanel, type LogPanelView } from "./log-panel.js";

/** The log alone. */
export const logPage = (frame: Frame, view: LogPanelView): string =>
  document(frame, {
    title: `Log of job ${view.job}`,
    scripts: ["live-log.js"],
    children: (
      <>
        <p class="crumbs">
          <a href={jobHref(view.job)}>Job {view.job}</a>
        </p>
        <h1>Log of job {view.job}</h1>
        <LogPanel {...view} />
      </>
    ),
  });
