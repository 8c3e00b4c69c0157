import { SessionSlot } from "@basalt/actions-common";
import { pluginContract, ScriptedBoard, type ScriptStep, sessionScenes, TalkativeBoard } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const device = {
  hostname: "board-01",
  commands: {
    power_off: "pdu off",
    connections: { uart0: { connect: "telnet x 1", tags: ["primary"] }, uart1: { connect: "telnet x 2" } },
  },
};

const login: readonly ScriptStep[] = [{ say: "login: " }, { hear: "root\n" }, { say: "# " }];
const up = (...scripts: readonly (readonly ScriptStep[])[]) => new TalkativeBoard(...scripts);

const answer = (code: number): ScriptStep => ({ say: `<LAVA_SIGNAL_RETRUNCODE ${code}>\r\n# ` });
const load: readonly ScriptStep[] = [{ hear: "--load" }, { hear: "\n" }, answer(0), { hear: "kexec -e\n" }];
const kexec: readonly ScriptStep[] = [...load, { say: "Booting Linux on CPU 0\r\n# " }, { hear: "\n" }, { say: "# " }];

const contract = pluginContract(plugin, {
  manifest,
  boot: [
    {
      device,
      block: {
        method: "new_connection",
        connection: "uart1",
        prompts: ["# "],
        auto_login: { login_prompt: "login:", username: "root" },
      },
      boards: {
        works: () => up(login),
        silent: () => up([]),
        hangsOnce: () => up([], login),
        drops: () => up([{ say: "login: " }, { hear: "root" }, "unplug"]),
      },
    },
    {
      device,
      block: { method: "kexec", kernel: "/k", boot_message: "Booting Linux", prompts: ["# "] },
      scenes: sessionScenes(
        {
          works: () => new ScriptedBoard(kexec),
          silent: () => new ScriptedBoard(load),
          hangsOnce: "a board that hangs in its new kernel can't load another",
          drops: () => new ScriptedBoard([...load, "unplug"]),
        },
        (console) => [[SessionSlot, { console, prompts: ["# "], lineSeparator: "\n" }]],
      ),
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
