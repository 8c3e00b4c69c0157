import { GuestDriveSlot, InstallationSlot, promptPatterns, SessionSlot } from "@basalt/actions-common";
import {
  AccelerationToken,
  type ActionContext,
  type Console,
  defineAction,
  infrastructureError,
  isBasaltError,
  jobError,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  type PtyProcess,
  PtySpawnerToken,
  slot,
} from "@basalt/core";
import { checkMachine, startQemu } from "./start-qemu.js";

/** The QEMU that runs the installer. */
const InstallerSlot = slot<Pick<PtyProcess, "exited">>("iso.installer");

const needs = { pty: PtySpawnerToken, acceleration: AccelerationToken };
const newSession = { prompts: [], lineSeparator: "\n" } as const;

/** `execute-installer-command`: starts the installer, from the ISO image to the empty disk. */
export const executeInstaller = ({ device, job }: Pick<PlanRequest, "device" | "job">) =>
  defineAction({
    name: "execute-installer-command",
    summary: "start the installer in QEMU",
    reads: { commands: InstallationSlot },
    needs: { ...needs, runner: ProcessRunnerToken },
    writes: { session: SessionSlot, installer: InstallerSlot },
    async validate({ runner }) {
      await checkMachine({ device, job, method: "qemu", runner });
    },
    async run({ commands, pty, acceleration }, ctx) {
      const { console, exited } = await startQemu(commands.install, { pty, acceleration }, ctx);
      return { session: { ...newSession, console }, installer: { exited } };
    },
  });

/** What an installer says when it goes no further; it then waits for somebody to answer, for ever. */
const failures = ["Installation step failed", "Kernel panic - not syncing"];

/** Reads what the installer says until QEMU ends. @throws ERR_INSTALLER_FAILED (job) as soon as it says that it failed */
async function untilItEnds(console: Console, ctx: ActionContext): Promise<void> {
  try {
    const { text } = await console.expect(promptPatterns(failures), { signal: ctx.signal });
    throw jobError("ERR_INSTALLER_FAILED", `the installer said '${text}': its last lines say what it could not do`);
  } catch (error) {
    if (!isBasaltError(error) || error.code !== "ERR_CONNECTION_CLOSED") throw error;
  }
}

/** `monitor-installer-connection`: the installer reboots when it is done, which ends its QEMU. */
export const monitorInstaller = defineAction({
  name: "monitor-installer-connection",
  summary: "wait for the installer's end",
  reads: { session: SessionSlot, installer: InstallerSlot },
  async run({ session, installer }, ctx) {
    await untilItEnds(session.console, ctx);
    const { code, endedBy } = await installer.exited;
    if (code !== 0)
      throw infrastructureError(
        "ERR_QEMU_ENDED",
        `QEMU ended with ${code ?? endedBy ?? "no status"} while the installer ran: the end of the console says why`,
      );
    ctx.log.info("the installer is done");
  },
});

/** `reboot-into-installed`: starts the machine again, from the disk that was installed, with the overlay's drive beside it. */
export const rebootIntoInstalled = defineAction({
  name: "reboot-into-installed",
  summary: "start what was installed",
  reads: { commands: InstallationSlot, drive: optional(GuestDriveSlot) },
  needs,
  writes: { session: SessionSlot },
  async run({ commands, drive, pty, acceleration }, ctx) {
    const argv = [...commands.installed, ...(drive ? drive.arguments : [])];
    const { console } = await startQemu(argv, { pty, acceleration }, ctx);
    return { session: { ...newSession, console } };
  },
});
