import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { downloadedSlot, GuestDriveSlot, OverlaySlot } from "@basalt/actions-common";
import { applyOverlayGuest, deployImages } from "@basalt/actions-deploy-images";
import type { JsonObject } from "@basalt/core";
import { createHost } from "@basalt/host";
import { planOf, runPlan } from "@basalt/testing";
import { afterEach, beforeEach, expect, test } from "vitest";

const missing = ["mke2fs", "debugfs", "cpio", "gzip", "sfdisk"].filter(
  (tool) => spawnSync("which", [tool]).status !== 0,
);
if (missing.length > 0) process.stderr.write(`overlay tests skipped: ${missing.join(", ")} not installed\n`);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "overlays-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const sh = (command: string): string => execFileSync("sh", ["-ec", command], { cwd: folder, encoding: "utf8" });

/** A tree to make images of, and a tarball and a file to lay over it. */
function sources(): void {
  sh(
    "mkdir -p root/etc over/lib/modules; echo old > root/etc/motd; echo module > over/lib/modules/a.ko; echo new > motd; tar -C over -cf over.tar .",
  );
}

/** Deploys one image with overlays through real tools; gives the file that came of it. */
async function deploy(image: JsonObject): Promise<{ readonly path: string; readonly content: Buffer }> {
  await using host = await createHost({
    jobId: String(process.pid),
    config: { dispatcher_download_dir: folder },
    cacheFolder: join(folder, "cache"),
  });
  const device = { hostname: "q", actions: { deploy: { methods: { image: null } } } };
  const url = (name: string): string => pathToFileURL(join(folder, name)).href;
  const overlays = {
    modules: { url: url("over.tar"), format: "tar", path: "/" },
    motd: { url: url("motd"), format: "file", path: "/etc/motd" },
  };
  const job = {
    job_name: "x",
    timeouts: { job: { minutes: 2 }, action: { minutes: 1 } },
    actions: [{ deploy: { to: "tmpfs", images: { image: { ...image, url: url(String(image.url)), overlays } } } }],
  };
  const ran = await runPlan(planOf({ job, device, strategies: [deployImages] }), { services: host.services });
  expect(ran.outcome).toEqual({ result: "pass" });
  const path = ran.slot(downloadedSlot("image"))?.path ?? "";
  // the job's folder is gone when the host is: what was made is looked at before
  return { path, content: readFileSync(path) };
}

/** What a file system image says of a file, without mounting it. */
const debugfs = (image: string, command: string): string =>
  spawnSync("debugfs", ["-R", command, image], { encoding: "utf8" }).stdout;

test.skipIf(missing.length > 0)("a compressed ramdisk takes overlays as an archive behind its own", async () => {
  sources();
  sh("cd root && find . | cpio -o -H newc --quiet | gzip > ../initrd.cpio.gz");
  const { content } = await deploy({ url: "initrd.cpio.gz", compression: "gz", format: "cpio.newc" });
  writeFileSync(join(folder, "made.cpio"), content);
  mkdirSync(join(folder, "unpacked"));
  // as the kernel does: one archive after the other, later files win
  const archives = splitArchives(content);
  for (const archive of archives)
    execFileSync("cpio", ["-idmu", "--quiet"], { cwd: join(folder, "unpacked"), input: archive });
  expect(archives.length).toBe(2);
  expect(readFileSync(join(folder, "unpacked/etc/motd"), "utf8")).toBe("new\n");
  expect(readFileSync(join(folder, "unpacked/lib/modules/a.ko"), "utf8")).toBe("module\n");
});

/** Archives that stand one after the other, each from its first magic number to its trailer's end. */
function splitArchives(content: Buffer): readonly Buffer[] {
  const archives: Buffer[] = [];
  for (let from = content.indexOf("070701"); from >= 0; ) {
    const trailer = content.indexOf("TRAILER!!!", from);
    if (trailer < 0) break;
    const end = content.indexOf("070701", trailer);
    archives.push(content.subarray(from, end < 0 ? undefined : end));
    from = end;
  }
  return archives;
}

test.skipIf(missing.length > 0)("a tar takes overlays, later files win", async () => {
  sources();
  sh("tar -C root -czf root.tar.gz .");
  const { content } = await deploy({ url: "root.tar.gz", compression: "gz", format: "tar" });
  writeFileSync(join(folder, "made.tar"), content);
  sh("mkdir unpacked; tar -C unpacked -xf made.tar");
  expect(readFileSync(join(folder, "unpacked/etc/motd"), "utf8")).toBe("new\n");
  expect(existsSync(join(folder, "unpacked/lib/modules/a.ko"))).toBe(true);
});

test.skipIf(missing.length > 0)("an ext4 file system takes overlays without being mounted, owners root", async () => {
  sources();
  sh("mke2fs -q -F -t ext4 -d root root.ext4 16M");
  const { content } = await deploy({ url: "root.ext4", format: "ext4" });
  const image = join(folder, "made.ext4");
  writeFileSync(image, content);
  expect(debugfs(image, "cat /etc/motd")).toBe("new\n");
  expect(debugfs(image, "cat /lib/modules/a.ko")).toBe("module\n");
  expect(debugfs(image, "stat /etc/motd")).toMatch(/User: +0 +Group: +0/);
  expect(spawnSync("e2fsck", ["-fn", image]).status).toBe(0);
});

test.skipIf(missing.length > 0)("a partition of a disk image takes overlays", async () => {
  sources();
  sh(
    "mke2fs -q -F -t ext4 -d root part.ext4 16M; truncate -s 20M disk.img; echo 'start=2048, size=32768, type=83' | sfdisk -q disk.img; dd if=part.ext4 of=disk.img bs=512 seek=2048 conv=notrunc status=none",
  );
  const { content } = await deploy({ url: "disk.img", format: "ext4", partition: 0 });
  const image = join(folder, "made.ext4");
  writeFileSync(image, content.subarray(2048 * 512, (2048 + 32768) * 512));
  expect(debugfs(image, "cat /etc/motd")).toBe("new\n");
});

test.skipIf(missing.length > 0)("the guest's drive is an ext2 file system with the overlay in it", async () => {
  sh(
    "mkdir -p overlay/lava-7/bin; echo '#!/bin/sh' > overlay/lava-7/bin/lava-test-runner; chmod 755 overlay/lava-7/bin/lava-test-runner",
  );
  await using host = await createHost({
    jobId: String(process.pid),
    config: { dispatcher_download_dir: folder },
    cacheFolder: join(folder, "cache"),
  });
  let seen = "";
  const ran = await runPlan(applyOverlayGuest, {
    section: "deploy",
    slots: [[OverlaySlot, { folder: join(folder, "overlay"), resultsDir: "/lava-7", shell: "/bin/sh" }]],
    services: host.services,
  });
  const path = ran.slot(GuestDriveSlot)?.path ?? "";
  seen = debugfs(path, "stat /bin/lava-test-runner");
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(seen).toMatch(/Mode: +0755/);
});
