import { chmod, link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Compression } from "@basalt/core";
import { systemClock } from "@basalt/core";
import { afterEach, beforeEach, expect, test } from "vitest";
import { processRunner } from "../process/process-runner.js";
import { archiver } from "./archiver.js";
import { fileStore } from "./file-store.js";
import { makeJobFolder } from "./job-folder.js";
import { runTool } from "./run-tool.js";

const runner = processRunner();
const { signal } = new AbortController();
const tools = archiver();
let base = "";
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), "basalt-files-"));
});
afterEach(() => rm(base, { recursive: true, force: true }));

const hasCpio = (await runner.find("cpio")) !== undefined;

async function makeTree(folder: string): Promise<void> {
  await mkdir(join(folder, "b/deep"), { recursive: true });
  await writeFile(join(folder, "b/deep/file"), "hello");
  await writeFile(join(folder, "b/name with\nnewline"), "x");
  await writeFile(join(folder, "a.sh"), "#!/bin/sh\n");
  await chmod(join(folder, "a.sh"), 0o755);
  await symlink("a.sh", join(folder, "link"));
  await link(join(folder, "b/deep/file"), join(folder, "hard"));
}

test("the file store keeps modes, makes folders and lists in order", async () => {
  const store = fileStore(base, { runner });
  const folder = await store.makeFolder("http-download");
  expect(folder).toMatch(/\/http-download-.{6}$/);
  expect((await stat(folder)).mode & 0o777).toBe(0o755);
  await store.write(join(folder, "x/y/run.sh"), "text", 0o755);
  expect((await stat(join(folder, "x/y/run.sh"))).mode & 0o777).toBe(0o755);
  await store.copy(join(folder, "x/y/run.sh"), join(base, "new/copy"));
  expect(await store.readText(join(base, "new/copy"))).toBe("text");
  expect(await store.size(join(base, "new/copy"))).toBe(4);
  await store.makeLink("copy", join(base, "new/a-link"));
  expect(await store.list(join(base, "new"))).toEqual(["a-link", "copy"]);
  expect(await store.list(join(base, "absent"))).toEqual([]);
  await store.remove(join(base, "new"));
  await store.remove(join(base, "new"));
  expect(await store.exists(join(base, "new"))).toBe(false);
  await expect(store.readText(join(base, "absent"))).rejects.toMatchObject({ code: "ERR_FILE_UNREADABLE" });
  await expect(store.makeFolder("../up")).rejects.toMatchObject({ code: "ERR_FILE_NAME" });
});

test("copies a tree with links, modes and hard links", async () => {
  await makeTree(join(base, "from"));
  await fileStore(base, { runner }).copyTree(join(base, "from"), join(base, "deep/to"));
  expect((await stat(join(base, "deep/to/a.sh"))).mode & 0o777).toBe(0o755);
  expect((await stat(join(base, "deep/to/hard"))).nlink).toBe(2);
  expect(await readdir(join(base, "deep/to"))).toEqual(["a.sh", "b", "hard", "link"]);
});

test("a job's folder goes at the end, a killed run's leftover is replaced, a stranger's is refused", async () => {
  const folder = await makeJobFolder({ base, prefix: "lab-", jobId: "42" });
  expect(folder.path).toBe(join(base, "lab-42"));
  await writeFile(join(folder.path, "left"), "");
  await expect(makeJobFolder({ base, prefix: "lab-", jobId: "42" })).rejects.toMatchObject({
    code: "ERR_JOB_FOLDER_BUSY",
  });
  // the mark of a run that was killed: its process number belongs to nobody, or to somebody who started at another time
  await writeFile(join(folder.path, ".basalt-job"), `some-run\n${process.pid} 1\n`);
  const next = await makeJobFolder({ base, prefix: "lab-", jobId: "42" });
  expect((await readdir(next.path)).filter((name) => !name.startsWith("."))).toEqual([]);
  await folder[Symbol.asyncDispose]();
  expect(await readdir(base)).toEqual(["lab-42"]);
  await next[Symbol.asyncDispose]();
  await next[Symbol.asyncDispose]();
  expect(await readdir(base)).toEqual([]);
  await mkdir(join(base, "home"));
  await writeFile(join(base, "home/thesis"), "");
  await expect(makeJobFolder({ base, jobId: "home" })).rejects.toMatchObject({ code: "ERR_JOB_FOLDER_FOREIGN" });
  expect(await readdir(join(base, "home"))).toEqual(["thesis"]);
  await expect(makeJobFolder({ base, jobId: "../x" })).rejects.toMatchObject({ code: "ERR_FILE_NAME" });
});

const compressions: readonly (Compression | undefined)[] = [undefined, "gz", "xz", "bz2", "zstd"];

test.each(compressions)(
  "tar %s: packs as root, in order, equal for equal folders, and unpacks",
  async (compression) => {
    await makeTree(join(base, "from"));
    const options = { ...(compression === undefined ? {} : { compression }), signal };
    await tools.packTar(join(base, "from"), join(base, "one.tar"), options);
    await tools.packTar(join(base, "from"), join(base, "two.tar"), options);
    expect((await readFile(join(base, "one.tar"))).equals(await readFile(join(base, "two.tar")))).toBe(true);
    const listing = await runner.run(["tar", "-tvf", join(base, "one.tar"), "--numeric-owner"], { signal });
    expect(listing.stdout.split("\n").filter((line) => line !== "" && !line.includes(" 0/0 "))).toEqual([]);
    await tools.unpackTar(join(base, "one.tar"), join(base, "to"), { ...options, stripComponents: 1 });
    expect(await readFile(join(base, "to/b/deep/file"), "utf8")).toBe("hello");
    expect((await stat(join(base, "to/hard"))).nlink).toBe(2);
  },
);

test.runIf(hasCpio).each([undefined, "gz"] as const)("cpio %s: packs as root and unpacks", async (compression) => {
  await makeTree(join(base, "from"));
  const options = { ...(compression === undefined ? {} : { compression }), signal };
  await tools.packCpio(join(base, "from"), join(base, "one.cpio"), options);
  await tools.packCpio(join(base, "from"), join(base, "two.cpio"), options);
  expect((await readFile(join(base, "one.cpio"))).equals(await readFile(join(base, "two.cpio")))).toBe(true);
  await tools.unpackCpio(join(base, "one.cpio"), join(base, "to"), options);
  expect(await readFile(join(base, "to/b/deep/file"), "utf8")).toBe("hello");
  expect(await readFile(join(base, "to/b/name with\nnewline"), "utf8")).toBe("x");
  expect((await stat(join(base, "to/a.sh"))).mode & 0o777).toBe(0o755);
  expect(await readdir(base)).toEqual(["from", "one.cpio", "to", "two.cpio"]);
});

test.each(["gz", "xz", "bz2", "zstd"] as const)("%s: compresses and decompresses", async (compression) => {
  await writeFile(join(base, "plain"), "hello ".repeat(1_000));
  await tools.compress(join(base, "plain"), join(base, "packed"), { compression, signal });
  expect((await stat(join(base, "packed"))).size).toBeLessThan(1_000);
  await tools.decompress(join(base, "packed"), join(base, "again"), { compression, signal });
  expect(await readFile(join(base, "again"), "utf8")).toBe("hello ".repeat(1_000));
  const broken = tools.decompress(join(base, "plain"), join(base, "no"), { compression, signal });
  await expect(broken).rejects.toMatchObject({ code: "ERR_TOOL_FAILED", kind: "infrastructure" });
});

test("says which Debian package is missing, and that zip is no stream", async () => {
  const missing = runTool({
    argv: ["no-such-xz"],
    debianPackage: "xz-utils",
    what: "test",
    signal,
    clock: systemClock,
  });
  await expect(missing).rejects.toMatchObject({ code: "ERR_TOOL_MISSING" });
  await expect(missing).rejects.toThrow(/apt-get install xz-utils/);
  const zip = async (): Promise<void> => tools.compress(base, join(base, "x"), { compression: "zip", signal });
  await expect(zip()).rejects.toMatchObject({ code: "ERR_COMPRESSION_UNSUPPORTED" });
});
