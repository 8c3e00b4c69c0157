import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../../..");
const needed = ["packages/cli/dist/index.js", "packages/testing/dist/qemu/simulated-qemu.js"].map((path) =>
  join(root, path),
);
const missing = needed.filter((path) => !existsSync(path));
if (missing.length > 0) process.stderr.write(`simulated example skipped, not built: ${missing.join(", ")}\n`);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "simulated-plain-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test.skipIf(missing.length > 0)(
  "the example job is complete where no namespace may be made",
  { timeout: 60_000 },
  () => {
    mkdirSync(join(folder, "bin"));
    // a machine that forbids it, as containers often do
    writeFileSync(join(folder, "bin/unshare"), '#!/bin/sh\necho called >> "${0%/*}/called"\nexit 1\n', { mode: 0o755 });
    for (const name of ["vmlinuz", "initramfs.cpio.gz"]) writeFileSync(join(folder, name), name);
    const example = readFileSync(join(root, "examples/hello-qemu/job.yaml"), "utf8");
    writeFileSync(join(folder, "job.yaml"), example.replaceAll("http://127.0.0.1:8711", pathToFileURL(folder).href));
    const device = "examples/hello-qemu/device-simulated.yaml";
    const argv = ["packages/cli/bin/basalt.js", "run", join(folder, "job.yaml"), "--device", device];
    const { status, stdout } = spawnSync(process.execPath, [...argv, "--output", join(folder, "out")], {
      cwd: root,
      encoding: "utf8",
      env: { ...process.env, HOME: folder, PATH: `${join(folder, "bin")}:${process.env.PATH}` },
      timeout: 50_000,
    });
    expect(stdout).toContain("complete: 6 passed, 1 skipped");
    expect(status).toBe(0);
    expect(existsSync(join(folder, "bin/called"))).toBe(true);
    const said = readFileSync(join(folder, "out/console.log"), "utf8");
    expect(said).toMatch(/\/lava-\d+\/bin\/lava-test-runner/);
    expect(said).not.toContain("basalt-board-");
  },
);
