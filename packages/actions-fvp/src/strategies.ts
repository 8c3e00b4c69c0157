import {
  autoLogin,
  downloadPlan,
  expectShellConnection,
  overlayPlan,
  overlayUnpack,
  readDownload,
} from "@basalt/actions-common";
import { acceptIf, asObject, defineStrategy, hasKey, hasMethod, refused, retry, sequence } from "@basalt/core";
import { fvpSerialConnect, readOtherTerminals, runFvp } from "./fvp-actions.js";
import { runErpcApp, runShellCommands } from "./fvp-commands.js";
import { fvpFolder } from "./fvp-container.js";
import { usesTelnet } from "./fvp-terminals.js";
import { checkFvpVersion } from "./fvp-version.js";
import { bootSchema, deploySchema } from "./schema.js";

/** `to: fvp` (lava-dispatcher.md 7.1). */
export const deploy = defineStrategy({
  section: "deploy",
  method: "fvp",
  compatibility: 1,
  schema: deploySchema,
  plan(request) {
    const { params, block } = request;
    const target = { folder: fvpFolder(block), flat: params.uniquify === false };
    return sequence(
      "fvp-deploy",
      overlayPlan(request),
      ...Object.entries(asObject(params.images)).map(([key, image]) =>
        downloadPlan(readDownload(key, image), target, request),
      ),
    );
  },
});

/** `method: fvp` (lava-dispatcher.md 7.2, appendix B 7): nothing is exported in the model's shell. */
export const boot = defineStrategy({
  section: "boot",
  method: "fvp",
  compatibility: 4,
  schema: bootSchema,
  accepts({ device, block }) {
    if (!hasMethod(device, "boot", "fvp")) return refused("the device lists no boot method 'fvp'");
    return acceptIf(hasKey(block.params, "image"), "the block has no 'image', the model's program");
  },
  plan(request) {
    const { params, namespace } = request;
    const telnet = usesTelnet(request);
    const logsIn = hasKey(params, "prompts");
    const hasShell = logsIn && namespace.hasShell;
    return retry(
      "boot-fvp",
      sequence(
        "boot-fvp-main",
        checkFvpVersion(request),
        runFvp(request),
        telnet && fvpSerialConnect(request),
        telnet && readOtherTerminals,
      ),
      logsIn && readOtherTerminals,
      logsIn && autoLogin(request),
      hasShell && expectShellConnection,
      hasShell && hasKey(params, "transfer_overlay") && overlayUnpack(asObject(params.transfer_overlay)),
      hasKey(params, "erpc_app") && runErpcApp(request),
      hasKey(params, "commands") && runShellCommands(request),
    );
  },
});
