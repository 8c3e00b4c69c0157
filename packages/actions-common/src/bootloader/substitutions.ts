/** Values for `{NAME}` in bootloader commands; an empty one says that the job deploys no such thing. */
export type Substitutions = Readonly<Record<string, string>>;

const placeholder = /\{(\w+)\}/g;

/**
 * Puts values into commands. A line with a name whose value is empty is left out: it loads something that this job does not deploy.
 * Names that are not known stay as they are (lava-dispatcher.md 3.14).
 */
export function substituteCommands(commands: readonly string[], values: Substitutions): readonly string[] {
  const lookUp = (name: string): string | undefined => (Object.hasOwn(values, name) ? values[name] : undefined);
  return commands.flatMap((line) => {
    const names = [...line.matchAll(placeholder)].map(([, name = ""]) => name);
    if (names.some((name) => lookUp(name) === "")) return [];
    return [line.replace(placeholder, (whole, name: string) => lookUp(name) ?? whole)];
  });
}

/** Load addresses of a boot command, from the device's `parameters.<command>`. */
export interface LoadAddresses {
  readonly kernel: string;
  readonly ramdisk: string;
  readonly dtb: string;
  readonly tee: string;
}

export interface BootLine {
  readonly command: string;
  readonly addresses: LoadAddresses;
  /** Whether a ramdisk (or initrd) is there and in a form that the command takes. */
  readonly hasRamdisk: boolean;
  /** The ramdisk has no header that tells its size: `addr:${initrd_size}`. */
  readonly rawRamdisk: boolean;
  readonly hasDtb: boolean;
  readonly hasTee: boolean;
}

/** `{BOOTX}`: the boot command with its addresses. U-Boot resets a board whose device tree address is empty: it is left out then. */
export function bootLine({ command, addresses, hasRamdisk, rawRamdisk, hasDtb, hasTee }: BootLine): string {
  const ramdisk = hasRamdisk ? `${addresses.ramdisk}${rawRamdisk ? ":$" + "{initrd_size}" : ""}` : "-";
  return [command, hasTee ? addresses.tee : addresses.kernel, ramdisk, ...(hasDtb ? [addresses.dtb] : [])].join(" ");
}
