import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import {
  applyOverlayTftp,
  compressRamdisk,
  downloadedSlot,
  extractOverlayRamdisk,
  OverlayFileSlot,
} from "@basalt/actions-common";
import { ArchiverToken, FileStoreToken, ProcessRunnerToken, sequence } from "@basalt/core";
import { archiver, fileStore, processRunner } from "@basalt/host";
import { runPlan } from "@basalt/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

const runner = processRunner();
const here = (await Promise.all(["mkimage", "cpio", "tar"].map((tool) => runner.find(tool)))).every(Boolean);
const sh = (line: string, cwd: string): string => execFileSync("sh", ["-ec", line], { cwd, encoding: "utf8" });

let base = "";
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "basalt-ramdisk-"));
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

/** A ramdisk as users have them, and an overlay as the job makes it. */
function prepare(withHeader: boolean): { readonly ramdisk: string; readonly overlay: string } {
  sh("mkdir root over over/lava-1 && echo init > root/init && echo run > over/lava-1/run", base);
  sh("cd root && find . | cpio -o -H newc --quiet | gzip > ../r.cpio.gz", base);
  sh("tar -C over -czf overlay.tar.gz .", base);
  if (withHeader) sh("mkimage -A arm64 -T ramdisk -C none -d r.cpio.gz r.uboot", base);
  return { ramdisk: join(base, withHeader ? "r.uboot" : "r.cpio.gz"), overlay: join(base, "overlay.tar.gz") };
}

test.skipIf(!here).each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])(
  "real tools: a ramdisk that comes with a header (%s) and goes with one (%s) has the overlay in it",
  async (comes, goes) => {
    const { ramdisk, overlay } = prepare(comes);
    const before = readFileSync(ramdisk);
    const file = { path: ramdisk, url: "file:///r", sha256: "", compression: "gz" };
    const ran = await runPlan(sequence("deploy", extractOverlayRamdisk, applyOverlayTftp, compressRamdisk), {
      section: "deploy",
      params: { ramdisk: { url: "file:///r", compression: "gz", ...(comes ? { header: "u-boot" } : {}) } },
      device: {
        hostname: "b",
        actions: { deploy: { parameters: goes ? { add_header: "u-boot", mkimage_arch: "arm64" } : {} } },
      },
      slots: [
        [downloadedSlot("ramdisk"), file],
        [OverlayFileSlot, overlay],
      ],
      services: [
        [FileStoreToken, fileStore(base, { runner })],
        [ArchiverToken, archiver()],
        [ProcessRunnerToken, runner],
      ],
    });
    expect(ran.outcome).toEqual({ result: "pass" });
    const made = ran.slot(downloadedSlot("ramdisk"))?.path ?? "";
    const listed = spoken(made);
    expect(listed.includes("AArch64 Linux RAMDisk Image")).toBe(goes);
    const bytes = readFileSync(made).subarray(goes ? 64 : 0);
    // the kernel unpacks one archive after the other
    writeFileSync(join(base, "whole"), gunzipSync(bytes));
    const text = readFileSync(join(base, "whole"), "latin1");
    expect(text).toContain("init");
    expect(text).toContain("lava-1/run");
    expect(text.split("TRAILER!!!")).toHaveLength(3);
    expect(readFileSync(ramdisk)).toEqual(before);
  },
);

/** What mkimage says of a file; it ends with 1 where there is no header. */
const spoken = (path: string): string => sh(`mkimage -l ${path} 2>&1 || true`, base);
