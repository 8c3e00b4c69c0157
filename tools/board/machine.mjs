import { chmod, writeFile } from "node:fs/promises";
import { run } from "../lib/run.mjs";

/** The board's address for DHCP and TFTP. */
export const mac = "52:54:00:77:00:10";
/** Debian's u-boot-qemu. */
export const debianFirmware = "/usr/lib/u-boot/qemu_arm64/u-boot.bin";

/** What all ways to start the board have in common: the device tree of QEMU depends on each of these words. */
const machineWords = ({ machine = "virt", firmware = debianFirmware } = {}) => [
  ...["-M", machine, "-cpu", "cortex-a53", "-m", "512", "-nodefaults", "-display", "none", "-bios", firmware],
  // MMIO, not PCI: on virtio-net-pci U-Boot 2023.01 sends its DHCP from 52:52:52:52:52:52
  ...["-device", `virtio-net-device,netdev=n,mac=${mac}`],
];

/**
 * The board's flash memory: one medium, seen twice. Debian's arm64 cloud kernel drives no SD cards and U-Boot's fastboot flashes nothing
 * else, so Linux and distro boot have it as a virtio disk, and a U-Boot with fastboot as an SD card besides.
 */
const flashWords = (flash, asCard) => [
  ...["-blockdev", `driver=file,filename=${flash},node-name=flash-file`],
  ...["-blockdev", "driver=raw,file=flash-file,node-name=flash"],
  ...["-device", "virtio-blk-device,drive=flash,share-rw=on"],
  ...(asCard ? ["-device", "sdhci-pci", "-device", "sd-card,drive=flash"] : []),
];

/** Words that start the board: its network, its flash memory, its console and its power switch. */
export const machineCommand = ({ netdev, flash, firmware, consoleSocket, qmpSocket, pidFile }) => [
  "qemu-system-aarch64",
  ...machineWords({ firmware }),
  ...flashWords(flash, firmware !== undefined && firmware !== debianFirmware),
  ...["-netdev", netdev, "-chardev", `socket,id=c,path=${consoleSocket}`, "-serial", "chardev:c"],
  ...["-qmp", `unix:${qmpSocket},server=on,wait=off`, "-daemonize", "-pidfile", pidFile],
];

/** Writes the device tree of the very machine that boots. One dumped from another command line hangs the kernel without a word. */
export const dumpDeviceTree = (target) =>
  run("qemu-system-aarch64", [
    ...machineWords({ machine: `virt,dumpdtb=${target}` }),
    "-netdev",
    "user,id=n",
    "-serial",
    "null",
  ]);

const quote = (word) => `'${word.replaceAll("'", "'\\''")}'`;

/** Writes the script that switches the board on, for power-qmp's `start`. */
export async function writeStartScript(path, command) {
  await writeFile(
    path,
    `#!/bin/sh\n# switches the virtual board on and returns; QMP's quit switches it off\nexec ${command.map(quote).join(" ")}\n`,
  );
  await chmod(path, 0o755);
}
