import { prepareGuest } from "../guest/guest.mjs";
import { hasApt, installPackages, isRoot } from "../lib/debian.mjs";
import { findProgram } from "../lib/run.mjs";
import { NotToBeHad, step } from "../lib/steps.mjs";

/** What a job on QEMU runs on this computer, and the Debian packages they come in. */
const programs = { "qemu-system-x86_64": "qemu-system-x86", mke2fs: "e2fsprogs" };

/** Installs what is missing of QEMU; throws what can't be had. */
async function getPrograms(progress) {
  const missing = Object.entries(programs).filter(([program]) => !findProgram(program));
  if (missing.length === 0) return "found";
  const names = missing.map(([, name]) => name).join(" ");
  if (!hasApt())
    throw new NotToBeHad(
      `${missing.map(([program]) => program).join(" and ")} not found, and no apt-get to get it with`,
    );
  if (!isRoot()) throw new NotToBeHad(`${names} not installed; as root: apt-get install ${names}`);
  await installPackages(
    missing.map(([, name]) => name),
    progress,
  );
  return `installed ${names}`;
}

/**
 * The machine for the demo: `{ guest }` for a real QEMU, or `{ reason }` where it can't be had and the simulated board stands in.
 */
export async function findMachine() {
  try {
    let guest;
    await step("QEMU", getPrograms);
    await step("guest: Debian kernel and busybox", async (progress) => {
      guest = await prepareGuest(progress);
      return guest.folder;
    });
    return { guest };
  } catch (error) {
    return { reason: error.message.split("\n")[0] };
  }
}
