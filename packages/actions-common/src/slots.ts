import { type Console, type DeploymentData, type Json, type Slot, slot } from "@basalt/core";

/** The current connection of a namespace and what its shell is like. */
export interface Session {
  readonly console: Console;
  /** Prompts of the shell as the boot block wrote them: Python regular expressions. Empty until a boot method knows them. */
  readonly prompts: readonly string[];
  /** What ends a typed line; `\n` unless deployment data says another. */
  readonly lineSeparator: string;
  /** Closes the console before the job does. Absent where nothing can be closed alone, as with QEMU's. */
  hangUp?(): Promise<void>;
}
export const SessionSlot = slot<Session>("session");

/** Deployment data chosen by the deploy block's `os`. */
export const DeploymentDataSlot = slot<DeploymentData>("deploy.data");

/** A file that a download action fetched. */
export interface Downloaded {
  /** Absolute path on the worker. */
  readonly path: string;
  readonly url: string;
  readonly sha256: string;
  /** The compression it was served in and still has; absent when it was decompressed on the way. */
  readonly compression?: string;
}
/** One slot per downloaded image or part: `kernel`, `ramdisk`, `rootfs`... */
export const downloadedSlot = (key: string): Slot<Downloaded> => slot<Downloaded>(`download.${key}`);

/** The folder the overlay is put together in, and where it will be on the device. */
export interface Overlay {
  /** Folder on the worker whose content is the overlay: `<folder>/lava-42/bin/...`. */
  readonly folder: string;
  /** Absolute path on the device, like `/lava-42`. */
  readonly resultsDir: string;
  /** Shell that runs the tests, like `/bin/sh`. */
  readonly shell: string;
}
export const OverlaySlot = slot<Overlay>("overlay");

/** The packed overlay, ready to be put on a device: a tar.gz. */
export const OverlayFileSlot = slot<string>("overlay.file");

/** Commands typed in the device's shell before the test runner is called: where the overlay must first be mounted or fetched. */
export const PreTestCommandsSlot = slot<readonly string[]>("test.pre-commands");

/** A test definition that is in the overlay. */
export interface TestRun {
  /** `<n>_<name>`, n counting over the namespace. */
  readonly testName: string;
  /** `<job id>_<level of the repository action>`. */
  readonly uuid: string;
  readonly stage: number;
  readonly source: "git" | "url" | "inline";
  readonly repository: string;
  readonly path: string;
  /** `unspecified` where the job names none. */
  readonly revision: string;
  readonly commitId?: string;
  /** `parse.pattern` of the definition, a Python regular expression. */
  readonly pattern?: string;
  readonly fixup: Readonly<Record<string, string>>;
  /** Test cases that must report; a job's list is added to the definition's. */
  readonly expected: readonly string[];
}
/** Test definitions of a namespace, in the order of their numbers. */
export const TestRunsSlot = slot<readonly TestRun[]>("test.runs");

/** Values that interactive tests and bootloader commands may use as `{NAME}`. */
export const SubstitutionsSlot = slot<Readonly<Record<string, Json>>>("substitutions");

/** A drive that brings LAVA's overlay into a QEMU guest. */
export interface GuestDrive {
  /** The ext2 image. */
  readonly path: string;
  /** QEMU's arguments that attach it. */
  readonly arguments: readonly string[];
}
export const GuestDriveSlot = slot<GuestDrive>("overlay.guest-drive");
