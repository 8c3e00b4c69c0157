import { pluginContract } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: { hostname: "qemu-01", actions: { deploy: { methods: { image: null } } } },
    block: { to: "tmpfs", images: { rootfs: { url: "http://x/rootfs.img", image_arg: "-drive file={rootfs}" } } },
    files: { "http://x/rootfs.img": "r" },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
