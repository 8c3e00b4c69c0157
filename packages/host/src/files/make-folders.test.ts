import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeFolders } from "./make-folders.js";

const scratch = mkdtempSync(join(tmpdir(), "basalt-folders-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

test("makes what is missing; twice, and by several at once, is fine", async () => {
  const path = join(scratch, "a/b/c");
  await Promise.all(Array.from({ length: 5 }, () => makeFolders(path, { mode: 0o700 })));
  await makeFolders(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test.each([
  ["where the system makes no folders, which Node waits for without end", "/proc/basalt/out", "ENOENT"],
  ["a file in the way", join(scratch, "file/below"), "ENOTDIR"],
  ["a file of that name", join(scratch, "file"), "ENOTDIR"],
  ["a link to nowhere", join(scratch, "link/below"), "ENOENT"],
])("%s", async (_what, path, code) => {
  writeFileSync(join(scratch, "file"), "");
  rmSync(join(scratch, "link"), { force: true });
  symlinkSync("/no/such", join(scratch, "link"));
  await expect(makeFolders(path)).rejects.toMatchObject({ code });
});
