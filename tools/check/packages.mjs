import { existsSync } from "node:fs";
import { hasApt, installPackages, isRoot } from "../lib/debian.mjs";
import { findProgram, run } from "../lib/run.mjs";

/** What the tests run beside Basalt: Debian's package, how to see that it is there, and which tests need it. */
const peers = [
  { name: "qemu-system-x86", program: "qemu-system-x86_64", for: "jobs on a real QEMU" },
  { name: "python3", program: "python3", for: "differential tests against Python" },
  { name: "python3-yaml", python: "yaml", for: "the YAML reader beside PyYAML" },
  { name: "python3-pexpect", python: "pexpect", for: "the console's benchmark" },
  { name: "python3-jinja2", python: "jinja2", for: "templates beside Jinja2" },
  { name: "e2fsprogs", program: "mke2fs", for: "overlays on guest drives" },
  { name: "cpio", program: "cpio", for: "overlays in ramdisks" },
  { name: "tar", program: "tar", for: "archives" },
  { name: "gzip", program: "gzip", for: "compressed downloads" },
  { name: "bzip2", program: "bzip2", for: "compressed downloads" },
  { name: "xz-utils", program: "xz", for: "compressed downloads" },
  { name: "zstd", program: "zstd", for: "compressed downloads" },
  { name: "unzip", program: "unzip", for: "zip archives" },
  { name: "openssh-client", program: "scp", for: "scp downloads" },
  { name: "git", program: "git", for: "test definitions from git" },
  { name: "dash", program: "dash", for: "the test-shell helpers under a second shell" },
  { name: "busybox-static", program: "busybox", for: "the test-shell helpers under busybox" },
  { name: "mksh", program: "mksh", for: "the test-shell helpers under Android's shell" },
  { name: "bsdutils", program: "script", for: "the test shell on a terminal" },
  { name: "fdisk", program: "sfdisk", for: "overlays in partitions of disk images" },
  { name: "socat", program: "socat", for: "serial consoles" },
  { name: "nfs-common", program: "mount.nfs", for: "persistent NFS root file systems" },
  { name: "u-boot-tools", program: "mkimage", for: "images with U-Boot's header" },
  { name: "ser2net", program: "ser2net", for: "consoles on a real console server" },
  { name: "snmpd", program: "snmpd", for: "outlets over SNMP" },
  { name: "pdudaemon", program: "pdudaemon", for: "outlets behind pdudaemon" },
  { name: "openssh-server", program: "sshd", for: "consoles over SSH" },
  { name: "fastboot", program: "fastboot", for: "boards flashed by the real fastboot client" },
  { name: "android-sdk-libsparse-utils", program: "img2simg", for: "overlays in Android sparse images" },
  { name: "procps", program: "ps", for: "tests that no process is left behind" },
  { name: "iproute2", program: "ip", for: "workers in networks of their own" },
  { name: "libarchive-tools", program: "bsdtar", for: "installer images" },
  { name: "zip", program: "zip", for: "firmware packages" },
  { name: "uuu", program: "uuu", for: "the command lines of uuu" },
  { name: "postgresql", file: "/usr/lib/postgresql", for: "backups restored to another PostgreSQL" },
  { name: "systemd", program: "systemd-analyze", for: "the systemd units" },
  { name: "chromium", program: "chromium", for: "the pages in a browser" },
  { name: "nftables", program: "nft", for: "workers behind a firewall" },
  { name: "nginx-light", program: "nginx", for: "the server behind a proxy" },
  { name: "openssl", program: "openssl", for: "the server behind a proxy" },
];

/** Debian's python3, not another one of PATH: its packages are what is asked for. */
const python = "/usr/bin/python3";

async function isThere({ program, file, python: module }) {
  if (file) return existsSync(file);
  if (program) return findProgram(program) !== undefined;
  return run(python, ["-c", `import ${module}`]).then(
    () => true,
    () => false,
  );
}

async function missing() {
  const there = await Promise.all(peers.map(isThere));
  return peers.filter((_, i) => !there[i]);
}

/** Installs what is missing where that can be done; where not, says what is missing and which tests will be skipped. */
export async function installPeers(progress) {
  const before = await missing();
  if (before.length === 0) return "all there";
  const names = before.map(({ name }) => name);
  const install = `apt-get install ${names.join(" ")}`;
  if (!hasApt() || !isRoot()) {
    const tests = [...new Set(before.map((peer) => peer.for))].join(", ");
    const how = hasApt() ? `as root: ${install}` : `their names in Debian: ${names.join(" ")}`;
    return `missing, so these tests are skipped: ${tests} (${how})`;
  }
  await installPackages(names, progress);
  const after = await missing();
  if (after.length > 0) throw new Error(`${install} left missing: ${after.map(({ name }) => name).join(" ")}`);
  return `installed ${names.join(" ")}`;
}
