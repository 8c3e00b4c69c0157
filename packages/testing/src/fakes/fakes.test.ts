import { infrastructureError, makeLog, systemClock } from "@basalt/core";
import { expect, test } from "vitest";
import { virtualSerial } from "../serial/virtual-serial.js";
import { FakeConnections } from "./fake-connections.js";
import { FakeDownloader } from "./fake-downloader.js";
import { FakeFiles } from "./fake-files.js";
import { FakePower } from "./fake-power.js";
import { FakeProcessRunner } from "./fake-process-runner.js";

const { signal } = new AbortController();
const power = { signal, log: makeLog({ append: () => {} }, systemClock) };

test("FakePower remembers calls, switches its load once per change, and fails when told to", async () => {
  const load: string[] = [];
  const outlet = new FakePower({
    load: { powerOn: () => void load.push("on"), powerOff: () => void load.push("off") },
    before: (call, nth) => (call === "reset" && nth === 1 ? infrastructureError("ERR_X", "stuck") : undefined),
  });
  await outlet.on(power);
  await outlet.on(power);
  await expect(outlet.reset(power)).rejects.toThrow("stuck");
  await outlet.reset(power);
  await outlet.off(power);
  expect(outlet.calls).toEqual(["on", "on", "reset", "reset", "off"]);
  expect(load).toEqual(["on", "off", "on", "off"]);
  expect(await outlet.state()).toBe("off");
});

test("FakeProcessRunner records argv and answers by program, line or pattern, the last answer first", async () => {
  const runner = new FakeProcessRunner().answer("mke2fs").answer(/^mke2fs .*bad/, { code: 1, stderr: "no\n" });
  const lines: string[] = [];
  expect(await runner.run(["mke2fs", "-q", "good"], { signal })).toMatchObject({ code: 0 });
  const onLine = (line: string, stream: string): void => void lines.push(`${stream}: ${line}`);
  expect(await runner.run(["mke2fs", "bad"], { signal, onLine })).toMatchObject({ code: 1 });
  expect(lines).toEqual(["stderr: no"]);
  await expect(runner.run(["nope"], { signal })).rejects.toMatchObject({ code: "ERR_COMMAND_NOT_FOUND" });
  expect(runner.calls).toEqual([["mke2fs", "-q", "good"], ["mke2fs", "bad"], ["nope"]]);
  expect([await runner.find("mke2fs"), await runner.find("nope")]).toEqual(["/fake/bin/mke2fs", undefined]);
});

test("FakeFiles keeps files, folders, links and modes", async () => {
  const files = new FakeFiles("/jobs/7");
  const folder = await files.makeFolder("overlay");
  await files.write(`${folder}/bin/run`, "#!/bin/sh\n", 0o755);
  await files.makeLink(`${folder}/bin/run`, `${folder}/link`);
  await files.copyTree(folder, "/copy");
  expect(await files.list(folder)).toEqual(["bin", "link"]);
  expect(await files.readText("/copy/bin/run")).toBe("#!/bin/sh\n");
  expect(await files.readText(`${folder}/link`)).toBe("#!/bin/sh\n");
  expect(files.files.get("/copy/bin/run")?.mode).toBe(0o755);
  await files.remove(folder);
  expect([await files.exists(folder), await files.exists("/copy")]).toEqual([false, true]);
  await expect(files.readText(`${folder}/bin/run`)).rejects.toMatchObject({ code: "ERR_FILE_UNREADABLE" });
});

test("FakeDownloader serves, checks checksums, and has no more than it was given", async () => {
  const files = new FakeFiles();
  const downloader = new FakeDownloader(files)
    .serve("http://x/k", "abc")
    .serve("http://x/broken", infrastructureError("ERR_DOWNLOAD_FAILED", "reset"));
  const to = "/jobs/1/k";
  const got = await downloader.download(
    { url: "http://x/k", to, md5sum: "900150983cd24fb0d6963f7d28e17f72" },
    { signal },
  );
  expect(got.bytes).toBe(3);
  expect(await files.readText(to)).toBe("abc");
  await expect(downloader.download({ url: "http://x/k", to, md5sum: "0" }, { signal })).rejects.toMatchObject({
    code: "ERR_DOWNLOAD_CHECKSUM",
  });
  await expect(downloader.probe({ url: "http://x/nope" }, { signal })).rejects.toMatchObject({
    code: "ERR_DOWNLOAD_NOT_FOUND",
  });
  await expect(downloader.download({ url: "http://x/broken", to }, { signal })).rejects.toThrow("reset");
});

test("FakeConnections remembers what was opened and closed, and refuses where it has nothing", async () => {
  const connections = new FakeConnections(() => virtualSerial().host);
  const connection = { name: "uart0", driver: "command", config: {}, tags: [] };
  const line = await connections.open(connection, { signal });
  await line[Symbol.asyncDispose]();
  expect([connections.opened, connections.closed]).toEqual([["uart0"], ["uart0"]]);
  await expect(new FakeConnections().open(connection, { signal })).rejects.toMatchObject({
    code: "ERR_CONNECTION_REFUSED",
  });
});
