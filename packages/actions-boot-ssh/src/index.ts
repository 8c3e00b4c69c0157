import { autoLogin, expectShellConnection, exportDeviceEnv } from "@basalt/actions-common";
import { acceptIf, definePlugin, defineStrategy, hasMethod, retry } from "@basalt/core";
import { schrootSchema, sshSchema } from "./schema.js";
import { schrootLogin } from "./schroot-login.js";
import { prepareSsh, scpDeploy, scpOverlayUnpack, sshConnection } from "./ssh-actions.js";

/** `method: ssh` (lava-dispatcher.md 7.2). */
export const ssh = defineStrategy({
  section: "boot",
  method: "ssh",
  compatibility: 1,
  schema: sshSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "ssh"), "the device lists no boot method 'ssh'"),
  plan: (request) =>
    retry(
      "login-ssh",
      scpDeploy,
      prepareSsh,
      sshConnection,
      autoLogin(request, { booting: false }),
      expectShellConnection,
      exportDeviceEnv,
      scpOverlayUnpack,
    ),
});

/** `method: schroot` (lava-dispatcher.md 7.2). */
export const schroot = defineStrategy({
  section: "boot",
  method: "schroot",
  compatibility: 1,
  schema: schrootSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "schroot"), "the device lists no boot method 'schroot'"),
  plan: ({ params }) => schrootLogin(params),
});

export default definePlugin({ name: "@basalt/actions-boot-ssh", strategies: [ssh, schroot] });
