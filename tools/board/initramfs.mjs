import { chmod, copyFile, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { run } from "../lib/run.mjs";

/** Debian's arm64 kernel has the board's network and NFS as modules, and mounts no NFS root by itself (no CONFIG_ROOT_NFS). */
const wanted = ["virtio_mmio", "virtio_net", "virtio_blk", "nfs", "nfsv3", "nfsv4"];

const init = (modules) => `#!/bin/busybox sh
# The first program of the virtual board: modules, network, and the root that the kernel's command line names: NFS or a partition.
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in ${modules.join(" ")}; do insmod /lib/modules/$module; done
option() { sed -n "s/.*\\\\b$1=\\\\([^ ]*\\\\).*/\\\\1/p" /proc/cmdline; }
ip link set lo up
ip link set eth0 up
if [ "$(option ip)" = dhcp ]; then udhcpc -i eth0 -n -q -t 5 -T 1 -s /etc/udhcpc.sh; fi
change_root() {
  for folder in proc sys dev; do mount --move /$folder /newroot/$folder; done
  exec switch_root /newroot /sbin/init
}
mkdir -p /newroot
partition=$(option root)
case $partition in
  /dev/vd*)
    if ! mount -t ext4 "$partition" /newroot; then
      echo "VFS: Unable to mount root fs on $partition"
      echo c > /proc/sysrq-trigger
    fi
    change_root ;;
esac
source=$(option nfsroot)
if [ -n "$source" ]; then
  options=\${source#*,}
  [ "$options" = "$source" ] && options=tcp
  source=\${source%%,*}
  server=\${source%%:*}
  # the kernel's own mount(2): busybox's helper for NFS knows only old protocols
  case $options in *vers=4*) type=nfs4 ;; *) type=nfs; options="$options,nolock,vers=3" ;; esac
  echo "mounting $source ($options)"
  if ! mount -i -t $type -o "addr=$server,$options" "$source" /newroot; then
    echo "VFS: Unable to mount root fs via NFS"
    echo c > /proc/sysrq-trigger
  fi
  change_root
fi
exec /sbin/init
`;

const udhcpc = `#!/bin/busybox sh
[ "$1" = bound ] || exit 0
/bin/busybox ip address replace $ip/$mask dev $interface
[ -n "$router" ] && /bin/busybox ip route replace default via \${router%% *}
exit 0
`;

const setUp = `#!/bin/sh
mkdir -p /dev/pts /run /tmp /root
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /tmp
hostname board
`;

const files = {
  "etc/inittab":
    "::sysinit:/etc/set-up\nttyAMA0::respawn:/sbin/getty -L 115200 ttyAMA0 vt100\n::shutdown:/bin/umount -a -r\n::ctrlaltdel:/sbin/reboot\n",
  "etc/passwd": "root::0:0:root:/root:/bin/sh\n",
  "etc/group": "root:x:0:\n",
  "etc/issue": "Basalt virtual board, Linux \\r \\n\n\n",
  // A serial port has no width: without one, busybox's shell breaks what is typed at 80 columns.
  "etc/profile": "export PATH=/usr/bin:/usr/sbin:/bin:/sbin\nexport PS1='root@board:\\w# '\nstty cols 500\n",
  "etc/udhcpc.sh": udhcpc,
  "etc/set-up": setUp,
};
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

const firstThere = async (tree, paths) => {
  for (const path of paths) if (await readFile(join(tree, path)).then(Boolean, () => false)) return join(tree, path);
  throw new Error(`busybox-static has none of ${paths.join(", ")}`);
};
const busyboxOf = (tree) => firstThere(tree, ["bin/busybox", "usr/bin/busybox"]);

/** Modules by name, from an unpacked kernel package. A name has `-` and `_` alike. */
async function modulesOf(tree) {
  const folder = join(tree, "lib", "modules");
  const found = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ko"));
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

/** The tree that both root file systems share. */
async function makeRoot({ tree, own, scratch }) {
  const root = join(scratch, "root");
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await copyFile(await busyboxOf(tree), join(root, "bin", "busybox"));
  const applets = (await run(await busyboxOf(own), ["--list-full"])).split("\n");
  for (const path of applets.filter((path) => path && path !== "bin/busybox")) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await symlink("/bin/busybox", join(root, path)).catch(() => {});
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(root, path), text);
  for (const path of ["etc/udhcpc.sh", "etc/set-up"]) await chmod(join(root, path), 0o755);
  return root;
}

/** Builds, in `scratch`, a gzipped initramfs and a tarball of the same userland for an NFS root; writes both where they are wanted. */
export async function buildInitramfs({ tree, own, scratch, ramdisk, rootfs }) {
  const root = await makeRoot({ tree, own, scratch });
  await run("tar", ["-C", root, "--owner=0", "--group=0", "-czf", rootfs, "."]);
  const modules = await loadOrder(wanted, await modulesOf(tree));
  for (const path of modules) await copyFile(path, join(root, "lib", "modules", basename(path)));
  await writeFile(join(root, "init"), init(modules.map((path) => basename(path))));
  await chmod(join(root, "init"), 0o755);
  const archive = join(scratch, "initramfs.cpio");
  const pack = 'cd "$1" && "$0" find . | "$0" cpio -o -H newc -R 0:0 -F "$2"';
  await run(await busyboxOf(own), [
    "sh",
    "-c",
    pack.replaceAll('"$0"', `"${await busyboxOf(own)}"`),
    "sh",
    root,
    archive,
  ]);
  await writeFile(ramdisk, await promisify(gzip)(await readFile(archive)));
}
