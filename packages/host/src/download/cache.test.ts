import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processRunner } from "../process/process-runner.js";
import { downloader } from "./downloader.js";
import { takeLock } from "./lock.js";

const runner = processRunner();
const { signal } = new AbortController();
const sha = (text: string): string => createHash("sha256").update(text).digest("hex");

let base = "";
let server: Server;
let url = "";
let asked: IncomingMessage[] = [];
let body = "one";

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "basalt-cache-"));
  asked = [];
  body = "one";
  server = createServer((request, response) => {
    asked.push(request);
    const etag = `"${sha(body)}"`;
    if (request.headers["if-none-match"] === etag) return response.writeHead(304, { etag }).end();
    return response.writeHead(200, { etag, "content-length": body.length }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(base, { recursive: true, force: true });
});

const to = (name: string): string => join(base, "jobs", name);
const fetcher = (cacheLimitBytes = 1_000) => downloader({ runner, cacheFolder: join(base, "cache"), cacheLimitBytes });
const blobs = (): Promise<string[]> => readdir(join(base, "cache/downloads/v1/blobs"));

test("an unchanged file is asked for and not fetched again; a changed one is", async () => {
  expect(await fetcher().download({ url, to: to("a") }, { signal })).toMatchObject({ fromCache: false });
  expect(await fetcher().download({ url, to: to("b") }, { signal })).toMatchObject({
    fromCache: true,
    sha256: sha("one"),
    bytes: 3,
  });
  body = "two";
  expect(await fetcher().download({ url, to: to("c") }, { signal })).toMatchObject({ fromCache: false });
  expect(await Promise.all(["a", "b", "c"].map((name) => readFile(to(name), "utf8")))).toEqual(["one", "one", "two"]);
  expect(asked).toHaveLength(3);
});

test("a file named by its sum needs no server, from any address", async () => {
  await fetcher().download({ url, to: to("a") }, { signal });
  const notes: string[] = [];
  const request = { url: "http://files.invalid/x", to: to("b"), sha256sum: sha("one") };
  expect(await fetcher().download(request, { signal, onNote: (note) => notes.push(note) })).toMatchObject({
    fromCache: true,
  });
  expect(notes[0]).toMatch(/found .* in the cache/);
  const wrong = { ...request, md5sum: "0".repeat(32) };
  await expect(fetcher().download(wrong, { signal })).rejects.toMatchObject({ code: "ERR_DOWNLOAD_CHECKSUM" });
});

test("a job that writes into its file does not change the cache", async () => {
  await fetcher().download({ url, to: to("a") }, { signal });
  await writeFile(to("a"), "BAD", { flag: "r+" });
  await fetcher().download({ url, to: to("b") }, { signal });
  await writeFile(to("b"), "BAD", { flag: "r+" });
  await fetcher().download({ url, to: to("c") }, { signal });
  expect(await readFile(to("c"), "utf8")).toBe("one");
});

test("what was fetched with credentials is not given to those without", async () => {
  const headers = { "PRIVATE-TOKEN": "s3cret" };
  await fetcher().download({ url, to: to("a"), headers }, { signal });
  expect(await fetcher().download({ url, to: to("b"), headers, sha256sum: sha("one") }, { signal })).toMatchObject({
    fromCache: true,
  });
  const stranger = { url, to: to("c"), headers: { "PRIVATE-TOKEN": "guess" }, sha256sum: sha("one") };
  expect(await fetcher().download(stranger, { signal })).toMatchObject({ fromCache: false });
  expect(await fetcher().download({ url, to: to("d"), sha256sum: sha("one") }, { signal })).toMatchObject({
    fromCache: false,
  });
  expect(asked).toHaveLength(3);
});

test("use_cache: false neither reads nor keeps", async () => {
  await fetcher().download({ url, to: to("a"), useCache: false }, { signal });
  expect(await blobs().catch(() => [])).toEqual([]);
  await fetcher().download({ url, to: to("b") }, { signal });
  expect(await fetcher().download({ url, to: to("c"), useCache: false }, { signal })).toMatchObject({
    fromCache: false,
  });
  expect(asked.every(({ headers }) => headers["if-none-match"] === undefined)).toBe(true);
});

test("what was used longest ago goes when the cache is full", async () => {
  for (const [index, text] of ["aaaa", "bbbb", "cccc"].entries()) {
    body = text;
    await fetcher().download({ url: `${url}/${index}`, to: to("x") }, { signal });
    await utimes(join(base, "cache/downloads/v1/blobs", sha(text)), index + 1, index + 1);
  }
  // used again: now the youngest
  await fetcher().download({ url: "http://files.invalid/", to: to("x"), sha256sum: sha("aaaa") }, { signal });
  body = "dddd";
  await fetcher(12).download({ url: `${url}/3`, to: to("x") }, { signal });
  expect((await blobs()).sort()).toEqual([sha("aaaa"), sha("cccc"), sha("dddd")].sort());
});

test("a damaged copy is fetched again", async () => {
  await fetcher().download({ url, to: to("a") }, { signal });
  await writeFile(join(base, "cache/downloads/v1/blobs", sha("one")), "on");
  expect(await fetcher().download({ url, to: to("b") }, { signal })).toMatchObject({ fromCache: false });
  expect(await readFile(to("b"), "utf8")).toBe("one");
});

test("jobs that want the same file at once fetch it once", async () => {
  const notes: string[] = [];
  const names = ["a", "b", "c"];
  const all = names.map((name) =>
    fetcher().download({ url, to: to(name), sha256sum: sha("one") }, { signal, onNote: (note) => notes.push(note) }),
  );
  const files = await Promise.all(all);
  expect(files.map(({ fromCache }) => fromCache).sort()).toEqual([false, true, true]);
  expect(asked).toHaveLength(1);
  expect(notes.some((note) => note.includes("waiting"))).toBe(true);
});

test("a dead process's lock is taken over; a living one's is waited for", async () => {
  const path = join(base, "lock");
  await writeFile(path, `${process.pid} 1\ndead\n`);
  const lock = await takeLock(path, { clock: systemClock, signal });
  const abort = new AbortController();
  const second = takeLock(path, {
    clock: systemClock,
    signal: abort.signal,
    onWait: () => abort.abort(new Error("seen")),
  });
  await expect(second).rejects.toThrow("seen");
  await lock[Symbol.asyncDispose]();
  expect(await readdir(base)).toEqual([]);
});
