import { DownloaderToken, FileStoreToken, ProcessRunnerToken, TftpServerToken } from "@basalt/core";
import {
  type DeployContract,
  FakeDownloader,
  FakeFiles,
  FakeProcessRunner,
  pluginContract,
  toolScenes,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const tmpfs: DeployContract = {
  device: { hostname: "qemu-01", actions: { deploy: { methods: { image: null } } } },
  block: { to: "tmpfs", images: { rootfs: { url: "http://x/rootfs.img", image_arg: "-drive file={rootfs}" } } },
  files: { "http://x/rootfs.img": "r" },
};

const fetched = { "http://x/preseed.cfg": "d-i", "http://x/netinst.iso": "CD001" };
const tftp = [TftpServerToken, { root: async () => "/srv/tftp", sizeLimitBytes: 4 }] as const;
const tools = toolScenes({
  work: /^qemu-img/,
  scene() {
    const files = new FakeFiles();
    const downloader = new FakeDownloader(files);
    for (const [url, content] of Object.entries(fetched)) downloader.serve(url, content);
    return { services: [tftp, [FileStoreToken, files], [DownloaderToken, downloader]] };
  },
});
/** A machine without QEMU's user network: the preseed goes to the TFTP server, and must be gone afterwards. */
const iso: DeployContract = {
  device: {
    hostname: "qemu-01",
    actions: {
      deploy: { methods: { image: null } },
      boot: { methods: { qemu: { parameters: { command: "qemu-system-x86_64", options: ["-netdev tap,id=n0"] } } } },
    },
  },
  block: {
    to: "iso-installer",
    images: { preseed: { url: "http://x/preseed.cfg" }, iso: { url: "http://x/netinst.iso" } },
    iso: { installation_size: "1G", kernel: "/vmlinuz" },
  },
  files: fetched,
  scene: () => ({ services: [tftp, [ProcessRunnerToken, new FakeProcessRunner().answer(/./)]] }),
  scenes: { refuses: tools.refuses },
};

const contract = pluginContract(plugin, { manifest, deploy: [tmpfs, iso] });
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
