// Code in the docs that says where it is from is that file's, word for word: it is type-checked and tested there.
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const quote = /<!-- from (\S+) -->\n\n```ts\n(.*?)\n```/gs;
const quotes = readdirSync(`${root}docs/howto`).flatMap((page) =>
  [...readFileSync(`${root}docs/howto/${page}`, "utf8").matchAll(quote)].map(([, file = "", code = ""]) => ({
    page,
    file,
    code,
  })),
);

test("the pages on boot methods and power drivers quote code", () => {
  expect(new Set(quotes.map(({ page }) => page))).toEqual(
    new Set(["write-a-boot-method.md", "write-a-power-driver.md"]),
  );
});

test.each(quotes)("$page quotes $file", ({ file, code }) => {
  expect(readFileSync(`${root}${file}`, "utf8")).toContain(code);
});

test("all TypeScript on those pages is quoted", () => {
  for (const { page } of quotes) {
    const blocks = readFileSync(`${root}docs/howto/${page}`, "utf8").match(/^```ts$/gm) ?? [];
    expect(blocks).toHaveLength(quotes.filter((one) => one.page === page).length);
  }
});
