// The dictionaries and types that the tutorial and the how-to show, put down where the text says and checked by the command itself.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "../lib/house.mjs";
import { basalt } from "./run-basalt.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "basalt-docs-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const blocks = (page: string, language: string): readonly string[] =>
  [
    ...readFileSync(join(root, "docs", page), "utf8").matchAll(
      new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"),
    ),
  ].map(([, text = ""]) => text);
const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

test("the first real board's", async () => {
  const [dictionary = ""] = blocks("tutorial/first-board.md", "jinja");
  const [settings = ""] = blocks("tutorial/first-board.md", "yaml");
  put("my-board.jinja2", dictionary);
  put("basalt.config.yaml", settings);
  const checked = await basalt(["device", "check", "my-board.jinja2"], folder);
  expect(checked).toMatchObject({ status: 0, err: "", out: expect.stringContaining("my-board.jinja2: ok") });
  const job = join(root, "examples/uboot-tftp/job.yaml");
  expect(await basalt(["validate", "--strict", job, "--device", "my-board.jinja2"], folder)).toMatchObject({
    status: 0,
    err: "",
  });
});

test("those of 'Add a device type'", async () => {
  const page = "howto/add-a-device-type.md";
  for (const text of blocks(page, "jinja")) put(/^\{# (\S+) #\}/.exec(text)?.[1] ?? "", text);
  for (const text of blocks(page, "yaml")) put("basalt.config.yaml", text);
  const folders = ["--templates", "devices/", "--templates", "types/"];
  for (const where of [folders, []])
    expect(await basalt(["device", "check", "bbb-01", ...where], folder)).toMatchObject({ status: 0, err: "" });
  expect((await basalt(["render", "bbb-01", ...folders], folder)).out).toContain("0x82000000");
});
