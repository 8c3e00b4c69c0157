import { CodeBlock } from "../code-block.js";
import { document, type Frame } from "../frame.js";
import { jobHref } from "../links.js";

export interface DefinitionView {
  readonly job: string;
  /** Texts by name: as submitted, as it ran, of the whole group. */
  readonly texts: readonly { readonly name: string; readonly text: string }[];
  readonly maySubmit: boolean;
}

/** What was asked for, as it was written. */
export const definitionPage = (frame: Frame, { job, texts, maySubmit }: DefinitionView): string =>
  document(frame, {
    title: `Definition of job ${job}`,
    children: (
      <>
        <p class="crumbs">
          <a href={jobHref(job)}>Job {job}</a>
        </p>
        <div class="job-head">
          <h1>Definition of job {job}</h1>
          <div class="actions">
            <a class="button" href={`${jobHref(job)}/definition.yaml`} download={`job-${job}.yaml`}>
              Download
            </a>
            {maySubmit && (
              <a class="button" href={`/submit?from=${encodeURIComponent(job)}`}>
                Edit a copy
              </a>
            )}
          </div>
        </div>
        {texts.map(({ name, text }) => (
          <section key={name}>
            {texts.length > 1 && <h2>{name}</h2>}
            <CodeBlock text={text} label={name} />
          </section>
        ))}
      </>
    ),
  });
