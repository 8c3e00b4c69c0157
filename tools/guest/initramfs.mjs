import { join } from "node:path";
import { addModules, makeBusyboxRoot, packInitramfs } from "../lib/initramfs.mjs";

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

/** Builds a gzipped initramfs from an unpacked kernel package and a static busybox, in `scratch`; writes it to `target`. */
export async function buildInitramfs({ kernelTree, busybox, scratch, target }) {
  const root = join(scratch, "initramfs");
  await makeBusyboxRoot({ root, busybox, files });
  const modules = await addModules({ root, kernelTree, wanted });
  await packInitramfs({ root, init: init(modules), busybox, scratch, target });
}
