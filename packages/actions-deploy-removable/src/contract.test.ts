import { SessionSlot } from "@basalt/actions-common";
import { type Console, FileServerToken, ProcessRunnerToken } from "@basalt/core";
import {
  FakeProcessRunner,
  pluginContract,
  refusal,
  ScriptedBoard,
  type ScriptStep,
  sessionScene,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const device = {
  hostname: "board-01",
  parameters: { media: { usb: { stick: { uuid: "usb-X-0:0", device_id: 0 } } } },
  actions: {
    deploy: { methods: { "u-boot-ums": null, "usbg-ms": { disable: "gadget off", enable: "gadget on {IMAGE}" } } },
  },
};
const files = { "http://x/i.img": "i" };
const image = { url: "http://x/i.img" };

const typed: readonly ScriptStep[] = [{ hear: "RETRUNCODE" }, { hear: "\n" }];
const slots = (console: Console) => [[SessionSlot, { console, prompts: ["# $"], lineSeparator: "\n" }]] as const;
const shell = (...steps: readonly ScriptStep[]) => sessionScene(new ScriptedBoard([...typed, ...steps]), slots);
const fileServer = { offer: async (path: string) => `http://10.0.0.1/tmp${path}` };
const gadget = (runner = new FakeProcessRunner().answer("gadget")) => ({
  services: [[ProcessRunnerToken, runner] as const],
});

const contract = pluginContract(plugin, {
  manifest,
  deploy: [
    {
      device,
      block: { to: "usb", device: "stick", image },
      files,
      services: [[FileServerToken, fileServer]],
      scene: () => shell({ say: "10+0 records out\r\n<LAVA_SIGNAL_RETRUNCODE 0>\r\n# " }),
      beside: {
        silent: () => shell({ say: "10+0 rec" }),
        drops: () => shell({ say: "10+0 rec" }, "unplug"),
      },
    },
    { device, block: { to: "u-boot-ums", image }, files },
    {
      device,
      block: { to: "usbg-ms", image },
      files,
      scene: () => gadget(),
      beside: { refuses: () => gadget(new FakeProcessRunner().answer("gadget", { code: 1, stderr: refusal })) },
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
