import { token } from "../token.js";

/** Whether virtual machines run under KVM here: answered by a probe that boots one, never by the mere presence of /dev/kvm. */
export interface Acceleration {
  kvm(options: { readonly signal: AbortSignal }): Promise<{ readonly usable: boolean; readonly reason: string }>;
}
export const AccelerationToken = token<Acceleration>("Acceleration");
