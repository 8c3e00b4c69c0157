import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CleanupStack } from "@basalt/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createFileServer } from "./file-server.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "file-server-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("offers a file until the stack unwinds, and nothing else", async () => {
  const path = join(folder, "overlay.tar.gz");
  await writeFile(path, "content");
  await using server = createFileServer({ advertisedHost: "127.0.0.1" });
  const cleanup = new CleanupStack();
  const url = await server.offer(path, cleanup);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/tmp\/[0-9a-f]{24}\/overlay\.tar\.gz$/);
  expect(await (await fetch(url)).text()).toBe("content");
  const { headers } = await fetch(url, { method: "HEAD" });
  expect(headers.get("content-length")).toBe("7");
  expect((await fetch(new URL("/tmp/", url))).status).toBe(404);
  expect((await fetch(new URL("/tmp/../../../etc/passwd", url))).status).toBe(404);
  await cleanup[Symbol.asyncDispose]();
  expect((await fetch(url)).status).toBe(404);
});

test("a port that is taken is named", async () => {
  await using first = createFileServer({ advertisedHost: "127.0.0.1" });
  const path = join(folder, "a");
  await writeFile(path, "a");
  const taken = Number(new URL(await first.offer(path, new CleanupStack())).port);
  await using second = createFileServer({ advertisedHost: "127.0.0.1", port: taken });
  await expect(second.offer(path, new CleanupStack())).rejects.toMatchObject({
    code: "ERR_FILE_SERVER",
    message: expect.stringContaining(String(taken)),
  });
});

test("a worker that was not told its address offers nothing, and says what to set", async () => {
  await using server = createFileServer({ advertisedHost: undefined });
  await expect(server.offer("/etc/hostname", new CleanupStack())).rejects.toMatchObject({
    kind: "configuration",
    code: "ERR_FILE_SERVER_ADDRESS",
    message: expect.stringContaining("dispatcher_ip"),
  });
});

test("an address that is not this machine's is served from loopback, as QEMU's user network reaches it", async () => {
  const path = join(folder, "a");
  await writeFile(path, "a");
  await using server = createFileServer({ advertisedHost: "10.0.2.2" });
  const url = new URL(await server.offer(path, new CleanupStack()));
  expect(url.hostname).toBe("10.0.2.2");
  expect(await (await fetch(`http://127.0.0.1:${url.port}${url.pathname}`)).text()).toBe("a");
});
