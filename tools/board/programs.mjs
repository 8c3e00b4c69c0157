import { existsSync } from "node:fs";
import { hasApt, installPackages, isRoot } from "../lib/debian.mjs";
import { findProgram } from "../lib/run.mjs";

/** What the board is made of: Debian's package and how to see that it is there. */
const needed = [
  { name: "qemu-system-arm", program: "qemu-system-aarch64" },
  { name: "u-boot-qemu", file: "/usr/lib/u-boot/qemu_arm64/u-boot.bin" },
  { name: "cpio", program: "cpio" },
  { name: "fdisk", program: "sfdisk" },
];
const forNetwork = [
  { name: "iproute2", program: "ip" },
  { name: "tftpd-hpa", program: "in.tftpd" },
  { name: "dnsmasq-base", program: "dnsmasq" },
];
const forNfs = [
  { name: "nfs-ganesha", program: "ganesha.nfsd" },
  { name: "nfs-ganesha-vfs", program: "ganesha.nfsd" },
  { name: "rpcbind", program: "rpcbind" },
  { name: "rpcbind", program: "rpcinfo" },
];

const forFastboot = [
  { name: "fastboot", program: "fastboot" },
  { name: "android-sdk-libsparse-utils", program: "img2simg" },
  { name: "e2fsprogs", program: "mke2fs" },
];

const missing = (list) => [
  ...new Set(
    list.filter(({ program, file }) => (program ? !findProgram(program) : !existsSync(file))).map(({ name }) => name),
  ),
];

/**
 * What kind of board can be had here: `{ network: "namespace" | "user", nfs, fastboot, leftOut }`. As root on Debian installs what is missing;
 * else says in `leftOut` what does without. Throws where there can be no board at all.
 */
export async function findPrograms({ progress, install = true, user = !isRoot() } = {}) {
  const all = missing([...needed, ...forFastboot, ...(user ? [] : [...forNetwork, ...forNfs])]);
  if (all.length > 0 && install && isRoot() && hasApt()) await installPackages(all, progress);
  const lacking = missing(needed);
  if (lacking.length > 0)
    throw new Error(`${lacking.join(", ")} missing; as root: apt-get install ${lacking.join(" ")}`);
  const [network, nfs, fastboot] = [forNetwork, [...forNetwork, ...forNfs], forFastboot].map(missing);
  const noClient = fastboot.length === 0 ? [] : [`no ${fastboot.join(", ")}: no fastboot`];
  const found = (kind, withNfs, leftOut) => ({
    network: kind,
    nfs: withNfs,
    fastboot: noClient.length === 0,
    leftOut: [...leftOut, ...noClient],
  });
  if (user)
    return found("user", false, [
      `${isRoot() ? "as asked" : "not root"}: QEMU's user network with its own DHCP and TFTP in place of dnsmasq and tftpd-hpa; no NFS`,
    ]);
  if (network.length > 0) return found("user", false, [`no ${network.join(", ")}: QEMU's own DHCP and TFTP; no NFS`]);
  return found("namespace", nfs.length === 0, nfs.length === 0 ? [] : [`no ${nfs.join(", ")}: no NFS`]);
}
