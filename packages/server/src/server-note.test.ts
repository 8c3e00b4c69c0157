import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { leaveServerNote, readServerNotes } from "./server-note.js";

let stateFolder: string;
beforeEach(() => {
  stateFolder = mkdtempSync(join(tmpdir(), "basalt-note-"));
});
afterEach(() => rmSync(stateFolder, { recursive: true }));

const note = (id: string) => ({ id, url: "http://127.0.0.1:1", endpoint: "tcp://127.0.0.1:2", encrypted: true });
const ids = async () => (await readServerNotes(stateFolder)).map(({ id }) => id).sort();
const leave = (id: string, alive: readonly string[]) => leaveServerNote({ stateFolder, note: note(id), alive });

test("a note is there as long as its server", async () => {
  expect(await readServerNotes(stateFolder)).toEqual([]);
  const first = await leave("a", ["a"]);
  expect(await readServerNotes(stateFolder)).toEqual([{ ...note("a"), host: hostname() }]);
  const second = await leave("b", ["a", "b"]);
  await first[Symbol.asyncDispose]();
  expect(await ids()).toEqual(["b"]);
  await second[Symbol.asyncDispose]();
  expect(existsSync(join(stateFolder, "servers"))).toBe(false);
});

test("those of killed servers go, other machines' stay, and what is no note is none", async () => {
  await leave("killed", ["killed"]);
  writeFileSync(join(stateFolder, "servers/far.json"), JSON.stringify({ ...note("far"), host: "elsewhere" }));
  writeFileSync(join(stateFolder, "servers/half.json"), '{"id": "ha');
  writeFileSync(join(stateFolder, "servers/other.json"), "{}");
  await leave("new", ["new"]);
  expect(await ids()).toEqual(["far", "new"]);
});
