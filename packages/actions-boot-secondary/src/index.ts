import {
  autoLogin,
  connectShell,
  expectShellConnection,
  exportDeviceEnv,
  loginPlan,
  overlayUnpack,
} from "@basalt/actions-common";
import { asObject, definePlugin, defineStrategy, hasKey, retry } from "@basalt/core";
import { callKexec } from "./call-kexec.js";
import { kexecSchema, newConnectionSchema } from "./schema.js";

/** `method: new_connection` (lava-dispatcher.md 7.2). */
export const newConnection = defineStrategy({
  section: "boot",
  method: "new_connection",
  compatibility: 6,
  schema: newConnectionSchema,
  plan: (request) => retry("secondary-shell-action", connectShell(request), ...loginPlan(request, { booting: false })),
});

/** `method: kexec` (lava-dispatcher.md 7.2): login and shell are planned whatever tests follow. */
export const kexec = defineStrategy({
  section: "boot",
  method: "kexec",
  compatibility: 1,
  schema: kexecSchema,
  plan: (request) =>
    retry(
      "kexec-boot",
      callKexec(request.params),
      autoLogin(request, { booting: false }),
      expectShellConnection,
      hasKey(request.params, "transfer_overlay") && overlayUnpack(asObject(request.params.transfer_overlay)),
      exportDeviceEnv,
    ),
});

export default definePlugin({ name: "@basalt/actions-boot-secondary", strategies: [newConnection, kexec] });
