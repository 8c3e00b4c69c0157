/** Where the addresses of examples/hello-qemu/job.yaml point. */
export const examplePort = 8711;

/** What they serve: the guest, or for a simulated board, which boots no file, something to download. */
export function exampleFiles(guest) {
  if (guest) return { vmlinuz: guest.kernel, "initramfs.cpio.gz": guest.initramfs };
  return { vmlinuz: { content: "a kernel\n" }, "initramfs.cpio.gz": { content: "an initramfs\n" } };
}
