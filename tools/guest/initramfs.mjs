import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { run } from "../lib/run.mjs";

/** What the guest needs of its kernel's modules: a serial port and ext2 are built in, drives are not. */
const wanted = ["virtio_pci", "virtio_blk"];

const init = (modules) => `#!/bin/sh
# The first program of the demo's guest: devices, modules, then busybox's init with a login on the serial port.
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts /run /tmp
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
for module in ${modules.join(" ")}; do insmod /lib/modules/$module; done
hostname hello
ip link set lo up
exec /sbin/init
`;

const files = {
  "etc/inittab":
    "ttyS0::respawn:/sbin/getty -L 115200 ttyS0 vt100\n::shutdown:/bin/umount -a -r\n::ctrlaltdel:/sbin/reboot\n",
  "etc/passwd": "root::0:0:root:/:/bin/sh\n",
  "etc/group": "root:x:0:\n",
  "etc/issue": "Basalt demo guest, Linux \\r \\n\n\n",
  // A serial port has no width: without one, busybox's shell breaks what is typed at 80 columns.
  "etc/profile": "export PATH=/usr/bin:/usr/sbin:/bin:/sbin\nexport PS1='root@hello:\\w# '\nstty cols 500\n",
};

/** Modules by name, from an unpacked kernel package. A name has `-` and `_` alike. */
async function modulesOf(kernelTree) {
  const folder = join(kernelTree, "lib", "modules");
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const found = names.filter((name) => name.endsWith(".ko"));
  return new Map(found.map((name) => [basename(name, ".ko").replaceAll("-", "_"), join(folder, name)]));
}

/** Module files in the order they must be loaded: each after what its own `depends=` names. Built-in ones have no file. */
async function loadOrder(names, available, order = []) {
  for (const name of names) {
    const path = available.get(name);
    if (path === undefined || order.includes(path)) continue;
    const depends = /\0depends=([^\0]*)\0/.exec((await readFile(path)).toString("latin1"))?.[1] ?? "";
    await loadOrder(depends.split(",").filter(Boolean), available, order);
    order.push(path);
  }
  return order;
}

/** Builds a gzipped initramfs from an unpacked kernel package and a static busybox, in `scratch`; writes it to `target`. */
export async function buildInitramfs({ kernelTree, busybox, scratch, target }) {
  const root = join(scratch, "initramfs");
  const folders = [
    "bin",
    "dev",
    "etc",
    "lib/modules",
    "proc",
    "root",
    "sbin",
    "sys",
    "tmp",
    "usr/bin",
    "usr/sbin",
    "run",
  ];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await copyFile(busybox, join(root, "bin", "busybox"));
  const applets = (await run(busybox, ["--list-full"])).split("\n").filter((path) => path && path !== "bin/busybox");
  for (const path of applets) await symlink("/bin/busybox", join(root, path)).catch(() => {});
  const modules = await loadOrder(wanted, await modulesOf(kernelTree));
  for (const path of modules) await copyFile(path, join(root, "lib", "modules", basename(path)));
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  await writeFile(join(root, "init"), init(modules.map((path) => basename(path))));
  await chmod(join(root, "init"), 0o755);
  const archive = join(scratch, "initramfs.cpio");
  const pack = 'cd "$1" && "$0" find . | "$0" cpio -o -H newc -R 0:0 -F "$2"';
  await run(busybox, ["sh", "-c", pack.replaceAll('"$0"', `"${busybox}"`), "sh", root, archive]);
  await writeFile(target, await promisify(gzip)(await readFile(archive)));
}
