/** A QEMU command line, and what was changed in it. */
export interface Accelerated {
  readonly argv: readonly string[];
  /** What to tell the log. */
  readonly note: string;
}

/** Whether an argument, with the one before it, asks for KVM. */
const isKvm = (arg: string, option: string | undefined): boolean =>
  arg === "-enable-kvm" || (/^-(accel|machine|M)$/.test(option ?? "") && /\bkvm\b/.test(arg));

/** Whether a QEMU command line asks for KVM. */
export const asksForKvm = (argv: readonly string[]): boolean => argv.some((arg, i) => isKvm(arg, argv[i - 1]));

/** One argument for TCG: without `-enable-kvm`, `accel=kvm` and `-cpu host`. */
function withoutKvm(arg: string, option: string | undefined): readonly string[] {
  if (arg === "-enable-kvm") return ["-accel", "tcg"];
  if (option === "-accel" && arg.startsWith("kvm")) return ["tcg"];
  if (option === "-machine" || option === "-M") return [arg.replace(/accel=[\w:]*kvm[\w:]*/g, "accel=tcg")];
  if (option === "-cpu") return [arg.replace(/^host\b/, "max")];
  return [arg];
}

/** Keeps KVM only where the probe showed that it works; else the same machine under TCG, and says so. */
export function chooseAcceleration(
  argv: readonly string[],
  kvm: { readonly usable: boolean; readonly reason: string },
): Accelerated {
  if (!asksForKvm(argv)) return { argv, note: "acceleration: TCG, as the device does not ask for KVM" };
  if (kvm.usable) return { argv, note: "acceleration: KVM" };
  return {
    argv: argv.flatMap((arg, i) => withoutKvm(arg, argv[i - 1])),
    note: `acceleration: TCG, because KVM is not usable here: ${kvm.reason}`,
  };
}
