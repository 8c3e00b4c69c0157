// `node tools/guest.mjs`: makes the kernel and the initramfs that the demo and the real-QEMU tests boot; prints where they are.
// With --serve it then serves them where examples/hello-qemu/job.yaml looks for them, until Ctrl-C.
import { exampleFiles, examplePort } from "./guest/example-files.mjs";
import { prepareGuest } from "./guest/guest.mjs";
import { serve } from "./lib/serve.mjs";
import { step } from "./lib/steps.mjs";

const serves = process.argv.includes("--serve");

let guest;
try {
  await step("guest: Debian kernel and busybox", async (progress) => {
    guest = await prepareGuest(progress);
    return guest.folder;
  });
} catch (error) {
  if (!serves) throw error;
  console.log("No kernel: a simulated board gets something to download.");
}
if (serves) {
  const files = exampleFiles(guest);
  const stop = await serve(files, examplePort);
  for (const name of Object.keys(files)) console.log(`http://127.0.0.1:${examplePort}/${name}`);
  console.log("Ctrl-C ends it.");
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, stop);
}
