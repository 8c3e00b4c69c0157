import type { LabDevice, LabType } from "./lab-state.js";

const hourMs = 3_600_000;

/** Whether an idle device has to be checked before it gets another job (spec 6.2). */
export function healthCheckDue(device: LabDevice, type: LabType, now: number): boolean {
  if (type.healthCheck.disabled || !device.hasHealthCheck) return false;
  if (device.health === "Unknown" || device.health === "Looping") return true;
  if (device.health !== "Good") return false;
  if (!device.checked) return true;
  const { frequency, denominator } = type.healthCheck;
  if (denominator === "jobs") return device.checked.jobsSince >= frequency;
  return device.checked.at + frequency * hourMs < now;
}

/** When the next check by hours falls due, in milliseconds since the epoch; undefined where none will by time alone. */
export function nextCheckAt(
  devices: readonly LabDevice[],
  types: ReadonlyMap<string, LabType>,
  now: number,
): number | undefined {
  let next: number | undefined;
  for (const device of devices) {
    const type = types.get(device.type);
    if (!type?.display || type.healthCheck.disabled || type.healthCheck.denominator !== "hours") continue;
    if (!device.hasHealthCheck || device.health !== "Good" || !device.checked) continue;
    const at = device.checked.at + type.healthCheck.frequency * hourMs + 1;
    if (at > now && (next === undefined || at < next)) next = at;
  }
  return next;
}
