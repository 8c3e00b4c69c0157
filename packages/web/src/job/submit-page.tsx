import type { VNode } from "preact";
import { CodeBlock, type Mark } from "../code-block.js";
import { document, type Frame } from "../frame.js";

/** What a check of the text said. */
export interface SubmitCheck {
  readonly ok: boolean;
  /** Problems with a place in the text. */
  readonly marks: readonly Mark[];
  /** What has no place, and warnings. */
  readonly messages: readonly string[];
}

export interface SubmitView {
  readonly text: string;
  readonly check?: SubmitCheck | undefined;
}

/** A form for a job's definition. What is wrong is shown beside the text, and the text stays as it was written. */
export const submitPage = (frame: Frame, { text, check }: SubmitView): string =>
  document(frame, {
    title: check && !check.ok ? "Not submitted" : "Submit a job",
    children: (
      <>
        <h1>Submit a job</h1>
        {check && <Verdict check={check} />}
        {!check && text === "" && (
          <p class="quiet">
            It may be one that ran before: a <a href="/jobs">job's</a> page has its definition, to edit a copy of.
          </p>
        )}
        <div class={check && check.marks.length > 0 ? "submit two" : "submit"}>
          <form method="post" action="/submit">
            <label for="definition">Job definition (YAML)</label>
            <textarea
              id="definition"
              name="definition"
              rows={28}
              spellcheck={false}
              autocapitalize="off"
              autocomplete="off"
              required
              aria-invalid={check && !check.ok ? "true" : undefined}
              aria-describedby={check ? "verdict" : undefined}
            >
              {/* HTML drops a text area's first line feed */}
              {`\n${text}`}
            </textarea>
            <div class="actions">
              <button type="submit" name="do" value="submit" class="primary">
                Submit
              </button>
              <button type="submit" name="do" value="validate">
                Check only
              </button>
            </div>
          </form>
          {check && check.marks.length > 0 && (
            <div>
              <p class="label">With its problems marked</p>
              <CodeBlock text={text} marks={check.marks} label="The definition with its problems marked" />
            </div>
          )}
        </div>
      </>
    ),
  });

function Verdict({ check }: { readonly check: SubmitCheck }): VNode {
  const { ok, marks, messages } = check;
  return (
    <section
      id="verdict"
      class={`box ${ok ? (messages.length > 0 ? "wait" : "good") : "bad"}`}
      role={ok ? "status" : "alert"}
    >
      <h2>{ok ? "The definition is valid" : "The definition has problems"}</h2>
      {marks.length > 0 && (
        <ul class="plain-list">
          {marks.map((mark) => (
            <li key={`${mark.line} ${mark.column} ${mark.message}`}>
              <a href={`#T${mark.line}`}>
                line {mark.line}, column {mark.column}
              </a>
              : {mark.message}
            </li>
          ))}
        </ul>
      )}
      {messages.map((message) => (
        <pre class="message" key={message}>
          {message}
        </pre>
      ))}
    </section>
  );
}
