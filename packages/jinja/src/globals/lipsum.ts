import { charge, tick } from "../limits.js";
import { capitalize } from "../methods/string-case.js";
import type { Context } from "../runtime/context.js";
import { truthy } from "../runtime/iterate.js";
import { Markup } from "../runtime/markup.js";
import { asIndex } from "../runtime/slices.js";
import type { Value } from "../runtime/values.js";

const words = (
  "a ac accumsan ad adipiscing aenean aliquam aliquet amet ante aptent arcu at auctor augue bibendum blandit class commodo " +
  "condimentum congue consectetuer consequat conubia convallis cras cubilia cum curabitur curae cursus dapibus diam dictum " +
  "dictumst dignissim dis dolor donec dui duis egestas eget eleifend elementum elit enim erat eros est et etiam eu euismod " +
  "facilisi facilisis fames faucibus felis fermentum feugiat fringilla fusce gravida habitant habitasse hac hendrerit"
).split(" ");

const below = (context: Context, from: number, to: number): number =>
  from + Math.floor(context.environment.random() * Math.max(1, to - from));

function paragraph(context: Context, length: number): string {
  let out = "";
  let capital = true;
  let sinceStop = 0;
  for (let i = 0; i < length; i++) {
    tick();
    const word = words[below(context, 0, words.length)] ?? "";
    out += (i > 0 ? " " : "") + (capital ? capitalize(word) : word);
    capital = false;
    sinceStop++;
    if (i === length - 1) break;
    if (sinceStop > below(context, 10, 20)) {
      out += ".";
      capital = true;
      sinceStop = 0;
    } else if (sinceStop % 6 === 5) {
      out += ",";
    }
  }
  charge(out.length);
  return `${out}.`;
}

/** `lipsum(n, html, min, max)`: paragraphs of filler text. */
export function lipsum(context: Context, n: Value = 5, html: Value = true, min: Value = 20, max: Value = 100): Value {
  const paragraphs: string[] = [];
  for (let i = 0; i < asIndex(n); i++) paragraphs.push(paragraph(context, below(context, asIndex(min), asIndex(max))));
  if (!truthy(html)) return paragraphs.join("\n\n");
  return new Markup(paragraphs.map((text) => `<p>${text}</p>`).join("\n"));
}
