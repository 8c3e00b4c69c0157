/** What the stand-in understands of QEMU's command line. */
export interface QemuArguments {
  readonly kernel?: string;
  readonly initrd?: string;
  readonly append: string;
  /** Files of `-drive` and `-hda`, in order. */
  readonly drives: readonly string[];
  readonly noReboot: boolean;
  /** JSON after `-simulated`: how the board is, and what goes wrong. QEMU has no such option. */
  readonly simulated?: string;
}

/** Value of a key in QEMU's `a=b,c=d`, where `,,` is a comma. */
function optionValue(list: string, key: string): string | undefined {
  const parts = list.replaceAll(",,", "\0").split(",");
  return parts
    .find((part) => part.startsWith(`${key}=`))
    ?.slice(key.length + 1)
    .replaceAll("\0", ",");
}

/** Reads a QEMU command line; what it does not know is left alone. */
export function parseQemuArguments(argv: readonly string[]): QemuArguments {
  const after = (option: string): string | undefined => {
    const at = argv.lastIndexOf(option);
    return at < 0 ? undefined : argv[at + 1];
  };
  const drives = argv.flatMap((arg, i) => {
    if (/^-hd[a-d]$/.test(arg)) return argv[i + 1] ?? [];
    return arg === "-drive" ? (optionValue(argv[i + 1] ?? "", "file") ?? []) : [];
  });
  const present = { kernel: after("-kernel"), initrd: after("-initrd"), simulated: after("-simulated") };
  return {
    ...Object.fromEntries(Object.entries(present).filter(([, value]) => value !== undefined)),
    append: after("-append") ?? "",
    drives,
    noReboot: argv.includes("-no-reboot"),
  };
}
