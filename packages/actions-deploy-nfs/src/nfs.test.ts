import { NfsRootSlot } from "@basalt/actions-common";
import type { JsonObject } from "@basalt/core";
import { plannedNames, runDeploy } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const url = (name: string): JsonObject => ({ url: `http://x/${name}` });
const deviceWith = (deploy: JsonObject, boot: JsonObject = {}): JsonObject => ({
  hostname: "board-01",
  actions: { deploy: { methods: deploy }, boot: { methods: boot } },
});
const names = (block: JsonObject, device: JsonObject): readonly string[] =>
  plannedNames({ actions: [{ deploy: { to: "nfs", ...block } }], device, strategies });
const fetch = ["download-retry", "http-download"];

test("the plan for a board: the overlay's node is always there", () => {
  expect(names({ nfsrootfs: url("r.tar"), modules: url("m.tar") }, deviceWith({ nfs: null }))).toEqual([
    ...["nfs-deploy", ...fetch, ...fetch],
    ...["extract-nfsrootfs", "lava-overlay", "extract-modules", "apply-overlay-tftp"],
  ]);
});

test("QEMU's wins where the device boots qemu-nfs; its images are in the job's order", () => {
  const device = deviceWith({ nfs: null, image: null }, { "qemu-nfs": null });
  expect(names({ images: { nfsrootfs: url("r.tar"), kernel: url("k") } }, device)).toEqual([
    "deploy-qemu-nfs",
    ...fetch,
    ...fetch,
    "qemu-nfs-deploy",
  ]);
});

test.each([
  [deviceWith({}), "no deploy method 'nfs'"],
  [deviceWith({ nfs: null, image: null }), "nfs is QEMU's there"],
])("a device that can't is refused with the reason", (device, reason) => {
  expect(() => names({}, device)).toThrow(reason);
});

const deploy = (block: JsonObject, device = deviceWith({ nfs: null })) =>
  runDeploy({
    strategies,
    device,
    block: { to: "nfs", ...block },
    serves: { "http://x/r.tar": "r", "http://x/m.tar": "m" },
  });

test("QEMU's root is unpacked where the guest mounts it from", async () => {
  const device = deviceWith({ nfs: null }, { "qemu-nfs": null });
  const { outcome, archiver, slot } = await deploy({ images: { nfsrootfs: url("r.tar") } }, device);
  expect(outcome).toEqual({ result: "pass" });
  expect(slot(NfsRootSlot)).toMatchObject({ serverIp: "10.0.0.1" });
  expect(archiver.calls[0]).toContain(slot(NfsRootSlot)?.path);
});

test("without a test that needs an overlay nothing is put in", async () => {
  const { outcome, archiver } = await deploy({ nfsrootfs: url("r.tar") });
  expect(outcome).toEqual({ result: "pass" });
  expect(archiver.calls).toHaveLength(1);
});
