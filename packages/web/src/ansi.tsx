import type { VNode } from "preact";

/** How a run of characters looks: class names of the style sheet, never colours of the text's own. */
interface Look {
  readonly fg?: string | undefined;
  readonly bg?: string | undefined;
  readonly bold?: boolean;
  readonly dim?: boolean;
  readonly underline?: boolean;
}

const names = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/** One of 256 colours as the nearest of the eight (xterm: 16 named, a cube of 6x6x6, 24 greys). */
function named(index: number): string | undefined {
  if (index < 16) return names[index % 8];
  if (index >= 232) return index < 244 ? "black" : "white";
  const cube = index - 16;
  const bit = (level: number): number => (level % 6 > 2 ? 1 : 0);
  return names[bit(Math.floor(cube / 36)) + 2 * bit(Math.floor(cube / 6)) + 4 * bit(cube)];
}

/** ECMA-48's "select graphic rendition". */
function select(look: Look, codes: readonly number[]): Look {
  let now = look;
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) now = {};
    else if (code === 1) now = { ...now, bold: true };
    else if (code === 2) now = { ...now, dim: true };
    else if (code === 4) now = { ...now, underline: true };
    else if (code === 22) now = { ...now, bold: false, dim: false };
    else if (code === 24) now = { ...now, underline: false };
    else if (code === 39) now = { ...now, fg: undefined };
    else if (code === 49) now = { ...now, bg: undefined };
    else if (code === 38 || code === 48) {
      const indexed = codes[at + 1] === 5;
      const colour = indexed ? named((codes[at + 2] ?? 0) & 255) : undefined;
      now = code === 38 ? { ...now, fg: colour } : { ...now, bg: colour };
      at += indexed ? 2 : 4;
    } else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) now = { ...now, fg: names[code % 10] };
    else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) now = { ...now, bg: names[code % 10] };
  }
  return now;
}

function classOf({ fg, bg, bold, dim, underline }: Look): string {
  const list = [fg && `f-${fg}`, bg && `b-${bg}`, bold && "bold", dim && "dim", underline && "underline"];
  return list.filter(Boolean).join(" ");
}

/** An escape sequence (CSI, OSC, or two characters), or one control character that is neither a tab nor a new line (our own messages have those). */
const special =
  /\x1b\[([0-?]*)[ -/]*([@-~])|\x1b\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|\x1b[@-Z\\^_=>78]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** What a control character is shown as: `^G` as terminals do, others by number (C1, and those that turn the direction of text). */
function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 0x20) return `^${String.fromCharCode(code + 0x40)}`;
  return code === 0x7f ? "^?" : `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * A line of a console: colours as classes, other escape sequences left out, control characters shown as such. The text goes through the
 * renderer's escaping like any other.
 */
export function ConsoleText({ text }: { readonly text: string }): VNode {
  const parts: (string | VNode)[] = [];
  let look: Look = {};
  let from = 0;
  // many in a row are one span: of what is no text at all a page is not to get a node for each character
  let controls = "";
  const flush = (): void => {
    if (controls !== "") parts.push(<span class="control">{controls}</span>);
    controls = "";
  };
  const push = (until: number): void => {
    if (until === from) return;
    flush();
    const piece = text.slice(from, until);
    const style = classOf(look);
    parts.push(style === "" ? piece : <span class={style}>{piece}</span>);
  };
  // the carriage return at a console line's end means nothing any more
  const end = text.endsWith("\r") ? text.length - 1 : text.length;
  for (const match of text.slice(0, end).matchAll(special)) {
    push(match.index);
    from = match.index + match[0].length;
    if (match[2] === "m") look = select(look, (match[1] ?? "").split(/[;:]/).map(Number));
    else if (match[0].length === 1) controls += picture(match[0]);
  }
  push(end);
  flush();
  return <>{parts}</>;
}
