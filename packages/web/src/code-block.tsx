import type { VNode } from "preact";

/** A place in a text, from 1, and what is wrong there. */
export interface Mark {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A text with its line numbers; marked lines carry what is wrong below them. */
export function CodeBlock({
  text,
  marks = [],
  label,
}: {
  text: string;
  marks?: readonly Mark[];
  label: string;
}): VNode {
  const lines = text.replace(/\n$/, "").split("\n");
  return (
    <ol class="code" tabindex={0} aria-label={label}>
      {lines.map((line, index) => {
        const here = marks.filter((mark) => mark.line === index + 1);
        return (
          <li key={index} id={`T${index + 1}`} class={here.length > 0 ? "marked" : undefined}>
            <code>{here[0] ? <Pointed line={line} column={here[0].column} /> : line}</code>
            {here.map((mark) => (
              <span class="mark" key={`${mark.column} ${mark.message}`}>
                column {mark.column}: {mark.message}
              </span>
            ))}
          </li>
        );
      })}
    </ol>
  );
}

function Pointed({ line, column }: { readonly line: string; readonly column: number }): VNode {
  const at = Math.min(column - 1, line.length);
  const word = /^[^\s:,{}[\]]+|^./u.exec(line.slice(at))?.[0] ?? "";
  return (
    <>
      {line.slice(0, at)}
      <mark>{word === "" ? " " : word}</mark>
      {line.slice(at + word.length)}
    </>
  );
}
