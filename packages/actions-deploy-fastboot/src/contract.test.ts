import { ProcessRunnerToken } from "@basalt/core";
import { type FakeFiles, FakeProcessRunner, pluginContract, plugUsb, refusal } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const bench = (files: FakeFiles, runner = new FakeProcessRunner().answer(/./)) => {
  plugUsb(files, { serial: "ABC1", idVendor: "18d1" });
  return { services: [[ProcessRunnerToken, runner]] as const };
};

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: {
      hostname: "phone-01",
      adb_serial_number: "ABC1",
      fastboot_serial_number: "ABC1",
      fastboot_options: [],
      actions: { deploy: { methods: { fastboot: null } } },
    },
    block: { to: "fastboot", images: { boot: { url: "http://x/b.img" } } },
    files: { "http://x/b.img": "b" },
    scene: (files) => bench(files),
    beside: {
      refuses: (files) =>
        bench(files, new FakeProcessRunner().answer(/./).answer(/ flash /, { code: 1, stderr: refusal })),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
