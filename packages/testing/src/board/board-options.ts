import type { Clock } from "@basalt/core";

/** Where a board is between power on and a shell. */
export type BoardPhase = "power-on" | "firmware" | "kernel" | "login" | "shell";

/** Something that goes wrong. `boots`: in how many boots from the first one on; in all of them if absent. */
export type BoardFault =
  /** Says nothing more from that phase on; at `power-on` not a single byte. */
  | { readonly kind: "hang"; readonly at: BoardPhase; readonly boots?: number }
  /** The kernel panics: half-way through its log, in place of the login prompt, or when the shell is given its nth line (1 if absent). */
  | {
      readonly kind: "panic";
      readonly at: "kernel" | "login" | "shell";
      readonly afterLines?: number;
      readonly boots?: number;
    }
  /** The console's line breaks. */
  | { readonly kind: "drop-console"; readonly at: BoardPhase; readonly boots?: number }
  /** The firmware does not see keys, and boots by itself. */
  | { readonly kind: "ignore-keys"; readonly boots?: number }
  /** The shell has another prompt. */
  | { readonly kind: "wrong-prompt"; readonly prompt: string; readonly boots?: number };

/** Kernel lines that break into the shell's output at random places, as on a real console. */
export interface KernelNoise {
  readonly seed: number;
  /** Mean number of bytes between two lines. */
  readonly everyBytes: number;
  readonly lines?: readonly string[];
}

export interface BoardLogin {
  /** `root` if absent. */
  readonly username?: string;
  /** No password is asked for if absent. */
  readonly password?: string;
  readonly motd?: string;
}

export interface SimulatedBoardOptions {
  /** `none`: the kernel starts at power on, as QEMU's direct boot. */
  readonly firmware?: "u-boot" | "none";
  readonly hostname?: string;
  readonly arch?: "arm64" | "amd64";
  /** U-Boot's prompt; `=> ` if absent. */
  readonly firmwarePrompt?: string;
  /** How long U-Boot waits for a key, in milliseconds; 1000 if absent. */
  readonly autobootMs?: number;
  /** Between two lines of the kernel's log, in milliseconds; 0 if absent. */
  readonly kernelLineMs?: number;
  /** False: a shell without login, as an initramfs gives. */
  readonly login?: BoardLogin | false;
  /** The shell's prompt; `root@HOSTNAME:~# ` if absent. */
  readonly shellPrompt?: string;
  readonly kernelCommandLine?: string;
  /** Images of ext2 drives (raw), which the board's `mount UUID=...` finds. */
  readonly drives?: readonly string[];
  /** Size in bytes of a file of the TFTP server, undefined where it has none. Every file is 1 MiB if absent. */
  readonly tftp?: (file: string) => number | undefined;
  readonly noise?: KernelNoise;
  readonly faults?: readonly BoardFault[];
  readonly clock?: Clock;
  /** Told when its system went down by itself: `reboot` starts it again, `poweroff` leaves it dark until its power is switched. */
  onDown?(how: "reboot" | "poweroff"): void;
}
