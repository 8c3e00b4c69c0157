// `node tools/guest.mjs`: makes the kernel and the initramfs that the demo and the real-QEMU tests boot; prints where they are.
import { prepareGuest } from "./guest/guest.mjs";
import { step } from "./lib/steps.mjs";

let guest;
await step("guest: Debian kernel and busybox", async (progress) => {
  guest = await prepareGuest(progress);
  return guest.folder;
});
