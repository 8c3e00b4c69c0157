import { asObject, dig, hasKey, isJsonObject } from "../json.js";
import { deviceSchema } from "./device-schema.js";
import { explain } from "./explain.js";
import { placeFindings } from "./place-findings.js";
import type { Finding, ValidationResult } from "./problem.js";
import type { CheckedDocument } from "./validate-job.js";
import { makeValidator, type Validator } from "./validators.js";

let validator: Validator | undefined;

/** Checks a rendered device dictionary (lava-dispatcher.md 2): required parts and types. Keys it does not know are fine. */
export async function validateDevice(document: CheckedDocument): Promise<ValidationResult> {
  validator ??= makeValidator(deviceSchema);
  const { value } = document;
  const violations = explain(await validator.validate(value), value).map(
    ({ kind, ...rest }): Finding => ({
      severity: "error",
      code: kind === "missing" ? "ERR_DEVICE_MISSING" : "ERR_DEVICE_VALUE",
      at: kind === "missing" ? "key" : "value",
      ...rest,
    }),
  );
  return placeFindings(document, [...violations, ...sshFindings(value)], "ERR_DEVICE_REPEATED_KEY");
}

/** A device reached over ssh from the start is somebody's running machine: a job may not switch its power. */
function sshFindings(device: unknown): Finding[] {
  if (!dig(device, "actions", "deploy", "methods", "ssh", "host")) return [];
  const commands = isJsonObject(device) ? asObject(device.commands) : {};
  return ["power_on", "power_off", "hard_reset"]
    .filter((key) => hasKey(commands, key))
    .map((key) => ({
      severity: "error",
      code: "ERR_DEVICE_SSH_POWER",
      path: ["commands", key],
      at: "key",
      value: commands[key],
      expected: `no ${key}, because actions.deploy.methods.ssh.host is set`,
      message: "the power of a device whose primary connection is ssh cannot be switched",
    }));
}
