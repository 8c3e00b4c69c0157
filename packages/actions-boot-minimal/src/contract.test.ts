import { pluginContract } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const contract = pluginContract(plugin, {
  manifest,
  boot: {
    device: {
      hostname: "board-01",
      constants: { "kernel-start-message": "Linux version [0-9]" },
      commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
      actions: { boot: { methods: { minimal: null } } },
    },
    block: {
      method: "minimal",
      auto_login: { login_prompt: "login:", username: "root" },
      prompts: ["root@basalt:~#"],
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
