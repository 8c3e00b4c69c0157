/** A QEMU command line, and what was changed in it. */
export interface Accelerated {
  readonly argv: readonly string[];
  /** What to tell the log. */
  readonly note: string;
}

const asksForKvm = (argv: readonly string[]): boolean =>
  argv.some((arg, i) => arg === "-enable-kvm" || (/^-(accel|machine|M)$/.test(arg) && /\bkvm\b/.test(argv[i + 1] ?? "")));

/** The same command line for TCG: without `-enable-kvm`, `accel=kvm` and `-cpu host`. */
function withoutKvm(argv: readonly string[]): readonly string[] {
  const out: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] as string;
    const value = argv[i + 1];
    if (arg === "-enable-kvm") out.push("-accel", "tcg");
    else if (arg === "-accel" && value?.startsWith("kvm")) out.push(arg, "tcg"), i++;
    else if (/^-(machine|M)$/.test(arg) && value !== undefined) out.push(arg, value.replace(/accel=[\w:]*kvm[\w:]*/g, "accel=tcg")), i++;
    else if (arg === "-cpu" && value !== undefined) out.push(arg, value.replace(/^host\b/, "max")), i++;
    else out.push(arg);
  }
  return out;
}

/** Keeps KVM only where the probe showed that it works; else the same machine under TCG, and says so. */
export function chooseAcceleration(argv: readonly string[], kvm: { readonly usable: boolean; readonly reason: string }): Accelerated {
  if (!asksForKvm(argv)) return { argv, note: "acceleration: as the device's options say, without KVM (TCG)" };
  if (kvm.usable) return { argv, note: "acceleration: KVM" };
  return { argv: withoutKvm(argv), note: `acceleration: TCG, because KVM is not usable here: ${kvm.reason}` };
}

export { asksForKvm };
