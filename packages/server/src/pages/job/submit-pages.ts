import { asObject, type BasaltError, toBasaltError } from "@basalt/core";
import { type Mark, type SubmitCheck, submitPage } from "@basalt/web";
import { mustBeKnown } from "../../services/access.js";
import { statusOf } from "../../submit/refusals.js";
import { get, type PageRequest, type PageRoute, post } from "../page-request.js";

const place = (line: unknown, column: unknown, message: string): readonly Mark[] =>
  typeof line === "number" && typeof column === "number" ? [{ line, column, message }] : [];

/** What is wrong with a definition, at its place in the text where it has one. */
export function checkOf(error: BasaltError): SubmitCheck {
  const { line, column, reason, problems } = error.details;
  const marks = Array.isArray(problems)
    ? problems.map(asObject).flatMap(({ line: at, column: col, message, expected, path }) => {
        const hint = expected === undefined || expected === "" ? "" : ` (expected: ${expected})`;
        return place(at, col, `${path}: ${message}${hint}`);
      })
    : place(line, column, String(reason ?? error.message));
  return { ok: false, marks, messages: marks.length > 0 ? [] : [error.message] };
}

async function showForm({ services, asker, frame, query }: PageRequest) {
  mustBeKnown(asker, "submitting a job");
  const from = query.get("from");
  if (from === null) return { html: submitPage(frame, { text: "" }) };
  const job = await services.jobs.get(asker, from);
  const text = job.multinode_definition === "" ? job.original_definition : job.multinode_definition;
  return { html: submitPage(frame, { text }) };
}

async function submit({ services, asker, frame, form }: PageRequest) {
  mustBeKnown(asker, "submitting a job");
  // browsers send a form's line ends as CR LF
  const text = (form.get("definition") ?? "").replaceAll("\r\n", "\n");
  if (form.get("do") === "validate") {
    const verdict = await services.jobs.validate(asker, text, { strict: false });
    const check = verdict.ok ? { ok: true, marks: [], messages: verdict.warnings } : checkOf(verdict.error);
    return { html: submitPage(frame, { text, check }) };
  }
  try {
    const { ids } = await services.jobs.submit(asker, text);
    return { redirect: `/jobs/${encodeURIComponent(ids[0] ?? "")}?said=submitted` };
  } catch (error) {
    const known = toBasaltError(error);
    const status = statusOf(known);
    if (status === undefined && known.kind !== "configuration") throw error;
    return { status: status ?? 400, html: submitPage(frame, { text, check: checkOf(known) }) };
  }
}

/** The form for a new job. */
export const submitRoutes: readonly PageRoute[] = [get("/submit", showForm), post("/submit", submit)];
