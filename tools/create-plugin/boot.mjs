import { bootBlock, methodExample } from "./examples.mjs";

/** A boot method that powers the device on and logs in: a place to put the method's own actions into. */
export const bootFiles = ({ name, id, schema, pkg }) => ({
  "src/index.ts": `import { connectDevice, loginPlan, resetDevice } from "@basalt/actions-common";
import { acceptIf, definePlugin, defineStrategy, hasMethod, retry } from "@basalt/core";
import { ${schema} } from "./schema.js";

/** \`method: ${name}\`: power the device on and wait for its prompt. What is special about ${name} goes between reset and login. */
export const ${id} = defineStrategy({
  section: "boot",
  method: "${name}",
  compatibility: 1,
  schema: ${schema},
  accepts: ({ device }) => acceptIf(hasMethod(device, "boot", "${name}"), "the device lists no boot method '${name}'"),
  plan: (request) =>
    retry("${name}-boot", connectDevice(request), resetDevice(request.device), ...loginPlan(request)),
});

export default definePlugin({ name: "${pkg}", strategies: [${id}] });
`,
  "src/schema.ts": `import { type JsonSchema, schema } from "@basalt/core";

const { common } = schema;

/** Keys of \`boot: {method: ${name}}\`. */
export const ${schema}: JsonSchema = {
  title: "Boot by ${name}",
  description: "Powers the device on and waits for its login or prompt.",
  properties: {
    prompts: common("prompts"),
    auto_login: common("autoLogin"),
    transfer_overlay: common("transferOverlay"),
  },
};
`,
  [`src/${name}.test.ts`]: `import { pluginContract } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

// the simulated board works, is silent, hangs once, loses its console; and a job is canceled: see docs/howto/write-a-boot-method.md
const contract = pluginContract(plugin, {
  manifest,
  boot: {
    device: {
      hostname: "board-01",
      constants: { "kernel-start-message": "Linux version [0-9]" },
      commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
      actions: { boot: { methods: { "${name}": null } } },
    },
    block: {
      method: "${name}",
      auto_login: { login_prompt: "login:", username: "root" },
      prompts: ["root@basalt:~#"],
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(\`contract: \${name}\`, run);
`,
  ...methodExample(name, { actions: bootBlock(name), boot: name }),
  example: `- boot:
    method: ${name}
    prompts: ["# "]`,
});
