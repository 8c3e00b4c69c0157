import { execFileSync } from "node:child_process";
import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { localLogStore } from "./local-log-store.js";
import type { LogStore } from "./log-store.js";

let root = "";
let store: LogStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "basalt-logs-"));
  store = localLogStore({ folder: root });
});
afterEach(async () => {
  await store[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

const line = (number: number): string => `- {"msg": "line ${number} é"}\n`;
const lines = (from: number, count: number) => ({
  from,
  count,
  body: Buffer.from(Array.from({ length: count }, (_, index) => line(from + index)).join("")),
});
const all = (count: number): string => lines(0, count).body.toString();
const folder = (job: number) => join(root, "0", String(job));
async function reopen(): Promise<void> {
  await store[Symbol.asyncDispose]();
  store = localLogStore({ folder: root });
}

describe("lines", () => {
  test("are there in order, and any part of them", async () => {
    expect(await store.append(7, lines(0, 3))).toMatchObject({ next: 3, added: { from: 0, count: 3 } });
    expect(await store.append(7, lines(3, 2))).toMatchObject({ next: 5 });
    expect(await store.count(7)).toBe(5);
    expect((await store.range(7, 0, 99)).toString()).toBe(all(5));
    expect((await store.range(7, 1, 3)).toString()).toBe(line(1) + line(2));
    expect((await store.range(7, 5, 9)).toString()).toBe("");
    expect(await store.count(8)).toBe(0);
    expect((await store.range(8, 0, 9)).toString()).toBe("");
  });

  test("that come twice are kept once; lines after a gap are not taken", async () => {
    await store.append(7, lines(0, 5));
    expect(await store.append(7, lines(0, 5))).toMatchObject({ next: 5, added: { count: 0 } });
    const overlap = await store.append(7, lines(3, 4));
    expect(overlap).toMatchObject({ next: 7, added: { from: 5, count: 2 } });
    expect(overlap.added.body.toString()).toBe(line(5) + line(6));
    expect(await store.append(7, lines(9, 1))).toMatchObject({ next: 7, added: { count: 0 } });
    expect((await store.range(7, 0, 99)).toString()).toBe(all(7));
  });

  test.each([
    ["fewer lines than announced", { from: 0, count: 3, body: Buffer.from("- a\n- b\n") }],
    ["a line that is not ended", { from: 0, count: 2, body: Buffer.from("- a\n- b") }],
  ])("%s are refused", async (_what, bad) => {
    await expect(store.append(7, bad)).rejects.toMatchObject({ code: "ERR_LOG_LINES" });
    expect(await store.count(7)).toBe(0);
  });

  test("whatever pieces come in whatever order, the log is every line once", async () => {
    const piece = fc.tuple(fc.nat({ max: 30 }), fc.integer({ min: 1, max: 10 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 999 }), fc.array(piece, { maxLength: 12 }), async (job, pieces) => {
        await store.remove(job);
        let have = 0;
        for (const [from, count, close] of pieces) {
          if (close) await reopen();
          const { next } = await store.append(job, lines(from, count));
          if (from <= have) have = Math.max(have, from + count);
          expect(next).toBe(have);
        }
        expect((await store.range(job, 0, 99)).toString()).toBe(all(have));
      }),
      { numRuns: 60, endOnFailure: true },
    );
  });

  test("many appends at a time keep their order", async () => {
    await Promise.all(Array.from({ length: 50 }, (_, index) => store.append(1, lines(index * 20, 20))));
    expect((await store.range(1, 0, 2_000)).toString()).toBe(all(1_000));
  });

  test("more logs than may be open at a time", async () => {
    await store[Symbol.asyncDispose]();
    store = localLogStore({ folder: root, mostOpen: 3 });
    for (let round = 0; round < 3; round++)
      await Promise.all(Array.from({ length: 10 }, (_, job) => store.append(job, lines(round * 2, 2))));
    for (let job = 0; job < 10; job++) expect((await store.range(job, 0, 99)).toString()).toBe(all(6));
  });
});

describe("after a crash", () => {
  test.each<[string, () => Promise<void>]>([
    ["a torn last line", () => appendFile(join(folder(7), "output.yaml"), '- {"msg": "tor')],
    ["an index that is gone", () => rm(join(folder(7), "output.idx"))],
    ["an index that is too short", () => truncate(join(folder(7), "output.idx"), 17)],
    ["an index of zeros at its end", () => writeFile(join(folder(7), "output.idx"), Buffer.alloc(800), { flag: "a" })],
    ["an index with nonsense", () => writeFile(join(folder(7), "output.idx"), Buffer.alloc(80, 0x07))],
  ])("%s: whole lines count, and more can be added", async (_what, harm) => {
    await store.append(7, lines(0, 100));
    await store[Symbol.asyncDispose]();
    await harm();
    store = localLogStore({ folder: root });
    expect(await store.count(7)).toBe(100);
    await store.append(7, lines(100, 3));
    expect((await store.range(7, 0, 999)).toString()).toBe(all(103));
    expect((await store.range(7, 50, 51)).toString()).toBe(line(50));
  });

  test("lines without an index yet are found, very long ones too", async () => {
    await store.append(7, lines(0, 2));
    await store[Symbol.asyncDispose]();
    const long = `- "${"x".repeat(3_000_000)}"\n`;
    await appendFile(join(folder(7), "output.yaml"), long + line(3));
    store = localLogStore({ folder: root });
    expect(await store.count(7)).toBe(4);
    expect((await store.range(7, 3, 4)).toString()).toBe(line(3));
  });
});

describe("a sealed log", () => {
  test("is small, reads the same at any place, takes nothing more, and zcat reads it", async () => {
    const count = 10_000;
    await store.append(7, lines(0, count));
    const before = (await stat(join(folder(7), "output.yaml"))).size;
    await store.seal(7);
    await store.seal(7);
    await reopen();
    expect(await store.count(7)).toBe(count);
    for (const [start, end] of [
      [0, 1],
      [4_095, 4_097],
      [8_191, 9_999],
      [9_999, 20_000],
      [0, count],
    ] as const)
      expect((await store.range(7, start, end)).toString()).toBe(
        lines(start, Math.min(end, count) - start).body.toString(),
      );
    expect(await store.append(7, lines(count, 1))).toMatchObject({ next: count, added: { count: 0 } });
    expect(execFileSync("zcat", [join(folder(7), "output.yaml.gz")], { maxBuffer: 1e9 }).toString()).toBe(all(count));
    expect((await stat(join(folder(7), "output.yaml.gz"))).size).toBeLessThan(before / 3);
    await expect(readFile(join(folder(7), "output.yaml"))).rejects.toThrow(/ENOENT/);
  });

  test("whose server died before the plain one went away is rid of it when it is sealed again", async () => {
    await store.append(7, lines(0, 3));
    await store.seal(7);
    await reopen();
    for (const name of ["output.yaml", "output.idx"]) await writeFile(join(folder(7), name), "left");
    await store.seal(7);
    expect((await readdir(folder(7))).sort()).toEqual(["output.blocks.json", "output.yaml.gz"]);
    expect((await store.range(7, 0, 9)).toString()).toBe(all(3));
  });

  test("of no lines is fine", async () => {
    await store.seal(9);
    expect(await store.count(9)).toBe(0);
    expect((await store.range(9, 0, 10)).toString()).toBe("");
  });
});

describe("two server processes with one folder", () => {
  let other: LogStore;
  beforeEach(() => {
    other = localLogStore({ folder: root });
  });
  afterEach(() => other[Symbol.asyncDispose]());

  test("a worker that goes to the other and comes back finds all its lines, once", async () => {
    await store.append(7, lines(0, 3));
    expect(await other.append(7, lines(3, 3))).toMatchObject({ next: 6, added: { from: 3, count: 3 } });
    expect(await store.count(7)).toBe(6);
    expect(await store.append(7, lines(5, 3))).toMatchObject({ next: 8, added: { from: 6, count: 2 } });
    expect((await other.range(7, 0, 99)).toString()).toBe(all(8));
  });

  test("what one packs the other reads on", async () => {
    await store.append(7, lines(0, 3));
    expect(await other.count(7)).toBe(3);
    await store.seal(7);
    expect((await other.range(7, 1, 99)).toString()).toBe(line(1) + line(2));
    expect(await other.append(7, lines(3, 1))).toMatchObject({ next: 3, added: { count: 0 } });
  });
});

test("a log that is packed while it is read and written: readers read, writers are told where it ends", async () => {
  await store.append(7, lines(0, 9_000));
  const work = [
    ...Array.from({ length: 20 }, (_, index) => store.range(7, index * 400, index * 400 + 2)),
    store.seal(7),
    store.seal(7),
    ...Array.from({ length: 20 }, (_, index) => store.range(7, index * 400, index * 400 + 2)),
  ];
  const late = [store.append(7, lines(9_000, 5)), store.append(7, lines(8_000, 10))];
  const read = await Promise.all(work);
  for (const [index, part] of read.filter((one) => one !== undefined).entries())
    expect(part?.toString()).toBe(lines((index % 20) * 400, 2).body.toString());
  const ends = (await Promise.all(late)).map(({ next }) => next);
  expect(await store.count(7)).toBe(ends[0]);
  expect((await store.range(7, 0, 99_999)).toString()).toBe(all(ends[0] ?? 0));
});

test("a disk that fails to sync: nothing is acknowledged, and the lines are taken when they come again", async () => {
  await store.append(7, lines(0, 2));
  const handle = await open(join(root, "probe"), "w");
  const files = Object.getPrototypeOf(handle) as { datasync(): Promise<void> };
  await handle.close();
  const sync = vi.spyOn(files, "datasync").mockRejectedValue(Object.assign(new Error("EIO"), { code: "EIO" }));
  const failed = await Promise.allSettled([store.append(7, lines(2, 3)), store.append(7, lines(5, 1))]);
  sync.mockRestore();
  for (const one of failed)
    if (one.status === "rejected") expect(one.reason).toMatchObject({ code: "ERR_LOG_STORE" });
    else expect(one.value.next).toBe(2);
  expect(failed[0]?.status).toBe("rejected");
  expect(await store.append(7, lines(2, 3))).toMatchObject({ next: 5, added: { from: 2, count: 3 } });
  await reopen();
  expect((await store.range(7, 0, 99)).toString()).toBe(all(5));
});

test("a disk that fills up half way through a write: what was half written goes away", async () => {
  await store.append(7, lines(0, 2));
  const handle = await open(join(root, "probe"), "w");
  const files = Object.getPrototypeOf(handle) as typeof handle;
  await handle.close();
  const write = vi.spyOn(files, "appendFile").mockImplementationOnce(async function (this: typeof handle, data) {
    await this.write((data as Buffer).subarray(0, 10));
    throw Object.assign(new Error("ENOSPC"), { code: "ENOSPC" });
  });
  await expect(store.append(7, lines(2, 3))).rejects.toMatchObject({ code: "ERR_DISK_FULL" });
  write.mockRestore();
  expect(await store.append(7, lines(2, 3))).toMatchObject({ next: 5 });
  expect((await store.range(7, 0, 99)).toString()).toBe(all(5));
});

test("others on the machine can't read logs, packed or not", async () => {
  const modes = async (): Promise<readonly string[]> => {
    const names = (await readdir(folder(7))).sort();
    return Promise.all(
      names.map(async (name) => `${name} ${((await stat(join(folder(7), name))).mode & 0o777).toString(8)}`),
    );
  };
  await store.append(7, lines(0, 3));
  await store.putText(7, "description.yaml", "plan");
  expect(await modes()).toEqual(["description.yaml 640", "output.idx 640", "output.yaml 640"]);
  await store.seal(7);
  expect(await modes()).toEqual(["description.yaml 640", "output.blocks.json 640", "output.yaml.gz 640"]);
});

test("texts stand beside the log, and go with it", async () => {
  await store.putText(7, "device.yaml", "a: 1\n");
  await store.append(7, lines(0, 1));
  expect(await store.getText(7, "device.yaml")).toBe("a: 1\n");
  expect(await store.getText(7, "none.yaml")).toBeUndefined();
  await expect(store.putText(7, "../x", "")).rejects.toThrow(/no name/);
  await store.remove(7);
  expect(await store.count(7)).toBe(0);
  expect(await store.getText(7, "device.yaml")).toBeUndefined();
});

test("a folder that can't be made is the lab's trouble, with its path", async () => {
  await writeFile(join(root, "0"), "");
  await expect(store.append(7, lines(0, 1))).rejects.toMatchObject({ code: "ERR_LOG_STORE", kind: "infrastructure" });
});
