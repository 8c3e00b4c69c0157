import { createHash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gzipSync } from "node:zlib";
import { type Clock, type DownloadProgress, systemClock } from "@basalt/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { processRunner } from "../process/process-runner.js";
import { downloader } from "./downloader.js";
import { readHttpCache } from "./http-cache.js";

const content = Buffer.from("0123456789abcdef".repeat(40_000));
const sum = (name: string, data: Buffer = content): string => createHash(name).update(data).digest("hex");
const runner = processRunner();

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let base = "";
const servers: Server[] = [];
let waits: number[] = [];
const clock: Clock = {
  ...systemClock,
  sleep: async (ms, { signal }) => {
    waits.push(ms);
    signal.throwIfAborted();
  },
};

/** A server on loopback; gives its address and what it was asked. */
async function serve(handler: Handler): Promise<{ readonly url: string; readonly asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    handler(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "basalt-download-"));
  waits = [];
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(base, { recursive: true, force: true });
});

const { signal } = new AbortController();
const fetcher = (options: Partial<Parameters<typeof downloader>[0]> = {}) =>
  downloader({ runner, clock, cacheFolder: join(base, "cache"), ...options });
const to = (name = "job/file") => join(base, name);

/** Sends `data` from a range; breaks the connection after `breakAfter` bytes of the body. */
function sendRange(
  request: IncomingMessage,
  response: ServerResponse,
  data: Buffer,
  { breakAfter = Infinity, etag = '"v1"' } = {},
) {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
  const partial = from > 0 && (request.headers["if-range"] ?? etag) === etag;
  const body = partial ? data.subarray(from) : data;
  response.writeHead(partial ? 206 : 200, {
    "content-length": body.length,
    etag,
    ...(partial ? { "content-range": `bytes ${from}-${data.length - 1}/${data.length}` } : {}),
  });
  if (breakAfter >= body.length) return response.end(body);
  return response.write(body.subarray(0, breakAfter), () => response.destroy());
}

test("fetches a file with its sums, size and progress", async () => {
  const { url, asked } = await serve((_, response) => sendRange(_, response, content));
  const progress: DownloadProgress[] = [];
  const file = await fetcher().download(
    {
      url: `${url}/a/kernel`,
      to: to(),
      headers: { "x-job": "1" },
      md5sum: sum("md5").toUpperCase(),
      sha256sum: sum("sha256"),
      sha512sum: sum("sha512"),
    },
    { signal, onProgress: (step) => progress.push(step) },
  );
  expect(file).toEqual({ path: to(), bytes: content.length, sha256: sum("sha256"), fromCache: false });
  expect((await readFile(to())).equals(content)).toBe(true);
  expect(asked[0]?.headers["x-job"]).toBe("1");
  expect(progress.at(-1)).toMatchObject({ bytes: content.length, totalBytes: content.length });
  expect(progress.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
  expect(await readdir(join(base, "job"))).toEqual(["file"]);
});

test("takes a broken transfer up where it broke", async () => {
  let breaks = 3;
  const { url, asked } = await serve((request, response) =>
    sendRange(request, response, content, breaks-- > 0 ? { breakAfter: 100_000 } : {}),
  );
  const notes: string[] = [];
  const file = await fetcher().download(
    { url, to: to(), useCache: false },
    { signal, onNote: (text) => notes.push(text) },
  );
  expect(file.sha256).toBe(sum("sha256"));
  const ranges = asked.map(({ headers }) => [headers.range, headers["if-range"]] as const);
  expect(ranges).toHaveLength(4);
  expect(ranges[0]).toEqual([undefined, undefined]);
  for (const [range, validator] of ranges.slice(1)) {
    expect(Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1]) % 100_000).toBe(0);
    expect(validator).toBe('"v1"');
  }
  expect(notes.filter((note) => note.includes("resuming"))).toHaveLength(3);
  expect(waits).toEqual([100, 200, 400]);
});

test("starts again where the server can't resume, and when the file changed meanwhile", async () => {
  const other = Buffer.from("z".repeat(content.length));
  let calls = 0;
  const plain = await serve((_, response) => {
    calls++;
    response.writeHead(200, { "content-length": content.length, etag: '"x"' });
    if (calls > 1) return response.end(content);
    return response.write(content.subarray(0, 5_000), () => response.destroy());
  });
  expect((await fetcher().download({ url: plain.url, to: to("a") }, { signal })).sha256).toBe(sum("sha256"));
  let first = true;
  const changing = await serve((request, response) => {
    const now = first ? content : other;
    sendRange(request, response, now, first ? { breakAfter: 5_000, etag: '"1"' } : { etag: '"2"' });
    first = false;
  });
  expect((await fetcher().download({ url: changing.url, to: to("b") }, { signal })).sha256).toBe(sum("sha256", other));
});

test("pieces of a file without version are not put together", async () => {
  let calls = 0;
  const { url, asked } = await serve((_, response) => {
    response.writeHead(200, { "content-length": content.length });
    if (calls++ > 0) return response.end(content);
    return response.write(content.subarray(0, 5_000), () => response.destroy());
  });
  await fetcher().download({ url, to: to() }, { signal });
  expect(asked.map(({ headers }) => headers.range)).toEqual([undefined, undefined]);
});

test("a server that lies about the size is the lab's trouble", async () => {
  const { url } = await serve((_, response) => {
    response.writeHead(200, { "content-length": 1_000 });
    response.write("short", () => response.destroy());
  });
  const failure = fetcher({ retries: 2 }).download({ url, to: to() }, { signal });
  await expect(failure).rejects.toMatchObject({ code: "ERR_DOWNLOAD_SIZE", kind: "infrastructure" });
  await expect(failure).rejects.toThrow(/5 of 1000 bytes.*gave up after 3 tries/);
  expect(await readdir(join(base, "cache/downloads/v1/parts"))).toEqual([]);
});

test("statuses: 404 and refusals at once, 429 and 5xx again, Retry-After obeyed", async () => {
  const answers = [404, 410, 403, 401, 400];
  const codes = ["NOT_FOUND", "NOT_FOUND", "REFUSED", "REFUSED", "REFUSED"];
  const refusing = await serve((_, response) => response.writeHead(answers.shift() ?? 500).end("no"));
  for (const code of codes)
    await expect(fetcher().download({ url: refusing.url, to: to() }, { signal })).rejects.toMatchObject({
      code: `ERR_DOWNLOAD_${code}`,
      kind: "job",
    });
  expect(refusing.asked).toHaveLength(5);
  const passing = [503, 429, 408];
  const busy = await serve((request, response) => {
    const status = passing.shift();
    if (status === undefined) return sendRange(request, response, content);
    return response.writeHead(status, status === 429 ? { "retry-after": "7" } : {}).end();
  });
  await fetcher().download({ url: busy.url, to: to() }, { signal });
  expect(waits).toEqual([100, 7_000, 400]);
  const broken = await serve((_, response) => response.writeHead(500).end());
  const failure = fetcher().download({ url: broken.url, to: to() }, { signal });
  await expect(failure).rejects.toMatchObject({ code: "ERR_DOWNLOAD_FAILED", kind: "infrastructure" });
  expect(broken.asked).toHaveLength(16);
});

test("a wrong sum names both and leaves nothing behind", async () => {
  const { url } = await serve((request, response) => sendRange(request, response, content));
  const wrong = "0".repeat(64);
  for (const useCache of [true, false]) {
    const failure = fetcher().download({ url, to: to(), sha256sum: wrong, useCache }, { signal });
    await expect(failure).rejects.toMatchObject({ code: "ERR_DOWNLOAD_CHECKSUM", kind: "job" });
    await expect(failure).rejects.toThrow(new RegExp(`${wrong}.*${sum("sha256")}`));
  }
  expect(await readdir(join(base, "job")).catch(() => [])).toEqual([]);
  expect(await readdir(join(base, "cache/downloads/v1/blobs")).catch(() => [])).toEqual([]);
});

test("redirects: followed and told, credentials stay with their server, loops end", async () => {
  const far = await serve((request, response) => sendRange(request, response, content));
  const near = await serve((request, response) => {
    if (request.url === "/loop") return response.writeHead(302, { location: "/loop" }).end();
    if (request.url === "/mail") return response.writeHead(302, { location: "mailto:x@y" }).end();
    const location = request.url === "/first" ? "/second" : `${far.url}/file`;
    return response.writeHead(302, { location }).end();
  });
  const notes: string[] = [];
  const headers = { "PRIVATE-TOKEN": "s3cret", Authorization: "Bearer x" };
  const address = near.url.replace("//", "//me:pass@");
  await fetcher().download(
    { url: `${address}/first`, to: to(), headers },
    { signal, onNote: (note) => notes.push(note) },
  );
  expect(near.asked.map((request) => request.headers["private-token"])).toEqual(["s3cret", "s3cret"]);
  expect(far.asked[0]?.headers["private-token"]).toBeUndefined();
  expect(far.asked[0]?.headers.authorization).toBeUndefined();
  expect(notes.filter((note) => note.startsWith("redirected (302)"))).toHaveLength(2);
  expect(notes.join()).not.toContain("pass");
  for (const path of ["/loop", "/mail"])
    await expect(fetcher().download({ url: near.url + path, to: to() }, { signal })).rejects.toMatchObject({
      code: "ERR_DOWNLOAD_REDIRECT",
    });
});

test("decompresses on the way; the sums are of the file as served", async () => {
  await mkdir(join(base, "www"));
  await writeFile(to("www/plain"), content);
  const names = { gz: "gzip", xz: "xz", bz2: "bzip2", zstd: "zstd" } as const;
  const packed = new Map<string, Buffer>();
  for (const [name, program] of Object.entries(names)) {
    await runner.run(["sh", "-c", `${program} -c plain > packed.${name}`], { signal, cwd: to("www") });
    packed.set(`/packed.${name}`, await readFile(to(`www/packed.${name}`)));
  }
  const { url } = await serve((request, response) =>
    sendRange(request, response, packed.get(request.url ?? "") ?? content),
  );
  for (const compression of ["gz", "xz", "bz2", "zstd"] as const) {
    const data = packed.get(`/packed.${compression}`) ?? content;
    const request = { url: `${url}/packed.${compression}`, to: to(compression), compression, md5sum: sum("md5", data) };
    const file = await fetcher().download(request, { signal });
    expect([file.bytes, file.sha256]).toEqual([data.length, sum("sha256", data)]);
    expect((await readFile(to(compression))).equals(content)).toBe(true);
    const wrong = { url: `${url}/plain`, to: to(`no-${compression}`), compression, useCache: false };
    await expect(fetcher().download(wrong, { signal })).rejects.toMatchObject({
      code: "ERR_DOWNLOAD_DECOMPRESS",
      kind: "job",
    });
  }
  expect((await readdir(base)).sort()).toEqual(["bz2", "cache", "gz", "www", "xz", "zstd"]);
});

test("zip stays as it is served; what the server calls an encoding is not taken off", async () => {
  const zipped = gzipSync(content);
  const { url } = await serve((_, response) =>
    response.writeHead(200, { "content-length": zipped.length, "content-encoding": "gzip" }).end(zipped),
  );
  await fetcher().download({ url, to: to(), compression: "zip" }, { signal });
  expect((await readFile(to())).equals(zipped)).toBe(true);
});

test("probe: HEAD, then GET where HEAD is refused; gives the size; 404 blames the job", async () => {
  const { url, asked } = await serve((request, response) => {
    if (request.url === "/gone") return response.writeHead(404).end();
    if (request.method === "HEAD" && request.url === "/no-head") return response.writeHead(405).end();
    return response
      .writeHead(200, { "content-length": content.length })
      .end(request.method === "HEAD" ? undefined : content);
  });
  expect(await fetcher().probe({ url: `${url}/file` }, { signal })).toEqual({ totalBytes: content.length });
  expect(await fetcher().probe({ url: `${url}/no-head` }, { signal })).toEqual({ totalBytes: content.length });
  expect(asked.map(({ method }) => method)).toEqual(["HEAD", "HEAD", "GET"]);
  await expect(fetcher().probe({ url: `${url}/gone` }, { signal })).rejects.toMatchObject({
    code: "ERR_DOWNLOAD_NOT_FOUND",
  });
});

test("nobody listening: tried again, then the lab's trouble; a stall is broken off and resumed", async () => {
  const { url } = await serve(() => {});
  const server = servers.pop();
  server?.closeAllConnections();
  await new Promise((resolve) => server?.close(resolve));
  const failure = fetcher({ retries: 3 }).download({ url, to: to() }, { signal });
  await expect(failure).rejects.toMatchObject({ code: "ERR_DOWNLOAD_FAILED", kind: "infrastructure" });
  expect(waits).toEqual([100, 200, 400]);
  let stalls = true;
  const slow = await serve((request, response) => {
    if (!stalls) return sendRange(request, response, content);
    stalls = false;
    response.writeHead(200, { "content-length": content.length, etag: '"v1"' });
    return response.write(content.subarray(0, 1_000));
  });
  await fetcher({ stallMs: 50 }).download({ url: slow.url, to: to() }, { signal });
  expect(slow.asked.map(({ headers }) => headers.range)).toEqual([undefined, "bytes=1000-"]);
});

test("an abort ends a transfer at once with its reason, and leaves no part", async () => {
  const abort = new AbortController();
  const { url } = await serve((_, response) => {
    response.writeHead(200, { "content-length": content.length });
    response.write(content.subarray(0, 1_000));
    // the far side goes silent; what was received is seen by the progress below
  });
  const reason = new Error("canceled");
  const failure = fetcher({
    clock: {
      ...clock,
      monotonic: (() => {
        let at = 0;
        return () => (at += 1_000);
      })(),
    },
  }).download({ url, to: to(), useCache: false }, { signal: abort.signal, onProgress: () => abort.abort(reason) });
  await expect(failure).rejects.toBe(reason);
  expect(await readdir(join(base, "job")).catch(() => [])).toEqual([]);
});

test("a proxy named by the environment is used", async () => {
  const proxy = await serve((request, response) => response.end(`via proxy: ${request.url}`));
  vi.stubEnv("http_proxy", proxy.url);
  vi.stubEnv("no_proxy", "");
  await fetcher().download({ url: "http://files.invalid/x", to: to() }, { signal });
  expect(await readFile(to(), "utf8")).toBe("via proxy: http://files.invalid/x");
});

test("LAVA's http_url_format_string", async () => {
  const { url, asked } = await serve((_, response) => response.end("cached"));
  const httpCache = readHttpCache({ http_url_format_string: `${url}/api/v1/fetch/?url=%s` });
  await fetcher({ httpCache }).download({ url: "http://files.invalid/a b?c=d", to: to() }, { signal });
  expect(asked[0]?.url).toBe("/api/v1/fetch/?url=http%3A%2F%2Ffiles.invalid%2Fa%20b%3Fc%3Dd");
});

test("what the lab's cache can't give is fetched from its origin, where the lab says so", async () => {
  const cache = await serve((_, response) => response.writeHead(404).end());
  const origin = await serve((_, response) => response.end("from the origin"));
  const config = { http_url_format_string: `${cache.url}/?url=%s` };
  const request = { url: `${origin.url}/x`, to: to() };
  const strict = fetcher({ httpCache: readHttpCache(config) });
  await expect(strict.probe(request, { signal })).rejects.toMatchObject({ code: "ERR_DOWNLOAD_NOT_FOUND" });
  const notes: string[] = [];
  const options = { signal, onNote: (note: string) => void notes.push(note) };
  const lenient = fetcher({ httpCache: readHttpCache({ ...config, http_cache_fallback_origin_url: true }) });
  await lenient.probe(request, options);
  await lenient.download(request, options);
  expect(await readFile(to(), "utf8")).toBe("from the origin");
  expect(notes.filter((note) => note.startsWith("the lab's cache failed ("))).toHaveLength(2);
});

test("addresses that can't be fetched", async () => {
  for (const url of ["ftp://x/y", "no address", "file://other-host/x", "scp://host/"])
    await expect(fetcher().download({ url, to: to(), useCache: false }, { signal })).rejects.toMatchObject({
      code: "ERR_DOWNLOAD_URL",
      kind: "job",
    });
});

test("file: copied, decompressed, checked; a missing one blames the job", async () => {
  await writeFile(to("a b.gz"), gzipSync(content));
  const url = `file://${base}/a%20b.gz`;
  const file = await fetcher().download({ url, to: to(), compression: "gz" }, { signal });
  expect((await readFile(to())).equals(content)).toBe(true);
  expect(file.bytes).toBe((await stat(to("a b.gz"))).size);
  expect(await fetcher().probe({ url }, { signal })).toEqual({ totalBytes: file.bytes });
  const absent = { url: `file://${base}/absent`, to: to() };
  await expect(fetcher().download(absent, { signal })).rejects.toMatchObject({
    code: "ERR_DOWNLOAD_NOT_FOUND",
    kind: "job",
  });
  await expect(fetcher().probe(absent, { signal })).rejects.toMatchObject({ code: "ERR_DOWNLOAD_NOT_FOUND" });
  const wrong = { url, to: to(), md5sum: "0".repeat(32) };
  await expect(fetcher().download(wrong, { signal })).rejects.toMatchObject({ code: "ERR_DOWNLOAD_CHECKSUM" });
});

test("scp: called without a shell and without questions; its complaint is told", async () => {
  const bin = to("bin");
  await mkdir(bin);
  // stands in for OpenSSH: notes how it was called, then does what the real one would on its far side
  const standIn = (body: string) => `#!/bin/sh\nprintf '%s|' "$@" >> ${base}/calls\necho >> ${base}/calls\n${body}`;
  const scp = standIn(
    `for last; do :; done\ncase "$*" in *absent*) echo "scp: /absent: No such file or directory" >&2; exit 1;; *denied*) echo "Permission denied (publickey)." >&2; exit 255;; esac\necho served > "$last"\n`,
  );
  await writeFile(join(bin, "scp"), scp);
  await writeFile(join(bin, "ssh"), standIn("echo 7\n"));
  for (const name of ["scp", "ssh"]) await chmod(join(bin, name), 0o755);
  vi.stubEnv("PATH", `${bin}${delimiter}${process.env.PATH}`);
  const file = await fetcher().download({ url: "scp://me@host:2222/srv/it%27s", to: to() }, { signal });
  expect([await readFile(to(), "utf8"), file.bytes]).toEqual(["served\n", 7]);
  expect(await fetcher().probe({ url: "scp://me@host:2222/srv/it%27s" }, { signal })).toEqual({ totalBytes: 7 });
  const calls = (await readFile(to("calls"), "utf8")).split("\n");
  expect(calls[0]).toMatch(/BatchMode=yes\|.*-P\|2222\|me@host:\/srv\/it's\|/);
  expect(calls[1]).toMatch(/-p\|2222\|me@host\|stat -L -c %s '\/srv\/it'\\''s'\|/);
  const absent = fetcher().download({ url: "scp://host/absent", to: to() }, { signal });
  await expect(absent).rejects.toMatchObject({ code: "ERR_DOWNLOAD_NOT_FOUND", kind: "job" });
  const denied = fetcher().download({ url: "scp://host/denied", to: to() }, { signal });
  await expect(denied).rejects.toMatchObject({ code: "ERR_DOWNLOAD_FAILED", kind: "infrastructure" });
  await expect(denied).rejects.toThrow(/Permission denied/);
});
