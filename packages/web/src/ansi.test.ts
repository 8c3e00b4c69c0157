import fc from "fast-check";
import { h } from "preact";
import { renderToString } from "preact-render-to-string";
import { expect, test } from "vitest";
import { ConsoleText } from "./ansi.js";
import { textOf } from "./testing/frame.js";

const show = (text: string): string => renderToString(h(ConsoleText, { text }));

test("colours and weights are classes, never styles", () => {
  expect(show("a \x1b[31;1mred\x1b[0m b")).toBe('a <span class="f-red bold">red</span> b');
  expect(show("\x1b[44mon blue\x1b[49m off")).toBe('<span class="b-blue">on blue</span> off');
  expect(show("\x1b[38;5;196mbright\x1b[39m")).toBe('<span class="f-red">bright</span>');
  expect(show("\x1b[38;2;1;2;3mtrue colour\x1b[m")).toBe("true colour");
  expect(show("\x1b[92mlight green")).toBe('<span class="f-green">light green</span>');
});

test("what moves the cursor or names windows is left out", () => {
  expect(show("\x1b[2J\x1b[1;1Hhello\x1b]0;a title\x07 there\x1b(")).toContain("hello there");
  expect(show("a\x1b[Kb\x1bMc")).toBe("abc");
});

test("control characters are shown as such, and those that turn text around", () => {
  expect(textOf(show("a\x07b\x00c\x7fd"))).toBe("a^Gb^@c^?d");
  expect(textOf(show("x\u202ey\u009bz"))).toBe("xU+202EyU+009Bz");
  expect(show("tab\tstays, the last return goes\r")).toBe("tab\tstays, the last return goes");
  expect(textOf(show("a\rb"))).toBe("a^Mb");
  expect(show("warning\n  expected: x")).toBe("warning\n  expected: x");
});

test("what is no text at all takes few nodes, however long it is", () => {
  const html = show(`x${"\x00\x01\x9b".repeat(1_000)}y`);
  expect(html.match(/<span/g)).toHaveLength(1);
  expect(textOf(html)).toContain("^@^AU+009B^@");
});

test("an unfinished sequence shows what there is", () => {
  expect(textOf(show("a\x1b[31"))).toBe("a^[[31");
});

test("whatever a console says, no markup of its own comes out, and no control character", () => {
  const bit = fc.constantFrom(
    "<",
    ">",
    '"',
    "&",
    "\x1b",
    "[",
    "]",
    "0;",
    "31m",
    "8;;",
    "\x07",
    "\x1b\\",
    "a",
    "=",
    "\x9b",
    "\n",
  );
  fc.assert(
    fc.property(fc.array(bit, { maxLength: 40 }), (bits) => {
      const html = show(bits.join(""));
      expect(html.replace(/<span class="[a-z -]+">|<\/span>/g, "")).not.toContain("<");
      expect(html).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    }),
  );
});
