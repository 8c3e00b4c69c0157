import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { addModules, makeBusyboxRoot, packInitramfs } from "../lib/initramfs.mjs";
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
const firstThere = async (tree, paths) => {
  for (const path of paths) if (await readFile(join(tree, path)).then(Boolean, () => false)) return join(tree, path);
  throw new Error(`busybox-static has none of ${paths.join(", ")}`);
};
const busyboxOf = (tree) => firstThere(tree, ["bin/busybox", "usr/bin/busybox"]);

/** Builds, in `scratch`, a gzipped initramfs and a tarball of the same userland for an NFS root; writes both where they are wanted. */
export async function buildInitramfs({ tree, own, scratch, ramdisk, rootfs }) {
  const root = join(scratch, "root");
  const native = await busyboxOf(own);
  await makeBusyboxRoot({ root, busybox: await busyboxOf(tree), native, files });
  for (const path of ["etc/udhcpc.sh", "etc/set-up"]) await chmod(join(root, path), 0o755);
  await run("tar", ["-C", root, "--owner=0", "--group=0", "-czf", rootfs, "."]);
  const modules = await addModules({ root, kernelTree: tree, wanted });
  await packInitramfs({ root, init: init(modules), busybox: native, scratch, target: ramdisk });
}
