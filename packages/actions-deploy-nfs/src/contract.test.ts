import { ArchiverToken } from "@basalt/core";
import { FakeArchiver, pluginContract } from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const deviceWith = (deploy: object, boot: object = {}) => ({
  hostname: "board-01",
  actions: { deploy: { methods: deploy as never }, boot: { methods: boot as never } },
});
const nfsrootfs = { url: "http://x/r.tar" };
const files = { "http://x/r.tar": "r" };
const services = [[ArchiverToken, new FakeArchiver()]] as const;

const contract = pluginContract(plugin, {
  manifest,
  deploy: [
    { device: deviceWith({ nfs: null }), block: { to: "nfs", nfsrootfs }, files, services },
    {
      device: deviceWith({ nfs: null }, { "qemu-nfs": null }),
      block: { to: "nfs", images: { nfsrootfs } },
      files,
      services,
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
