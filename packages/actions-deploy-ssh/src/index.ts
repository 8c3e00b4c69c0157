import { deployDeviceEnv, extractModules, overlayPlan } from "@basalt/actions-common";
import { acceptIf, defineAction, definePlugin, defineStrategy, hasKey, hasMethod, sequence } from "@basalt/core";
import { sshSchema } from "./schema.js";

const unfetched = ["firmware", "kernel", "rootfs", "modules"];

/** Has nothing to unpack: the files that a block may name are not fetched (lava-dispatcher.md 7.1). */
const extractRootfs = defineAction({
  name: "extract-rootfs",
  summary: "unpack the root file system, where one was fetched",
  async run(_input, { parameters, log }) {
    const named = unfetched.filter((key) => hasKey(parameters, key));
    if (named.length > 0) log.warning(`deploy to ssh does not fetch ${named.join(", ")}: fetch them in a test`);
  },
});

/** `to: ssh` (lava-dispatcher.md 7.1). */
export const ssh = defineStrategy({
  section: "deploy",
  method: "ssh",
  compatibility: 1,
  schema: sshSchema,
  accepts: ({ device }) => acceptIf(hasMethod(device, "deploy", "ssh"), "the device lists no deploy method 'ssh'"),
  plan: (request) =>
    sequence(
      "scp-overlay",
      overlayPlan(request, { always: true }),
      sequence("prepare-scp-overlay", extractRootfs, extractModules),
      deployDeviceEnv(request.deploymentData),
    ),
});

export default definePlugin({ name: "@basalt/actions-deploy-ssh", strategies: [ssh] });
