import { DeploymentDataSlot } from "@basalt/actions-common";
import { plannedNames, runDeploy } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const device = { hostname: "host-01", actions: { deploy: { methods: { ssh: { host: "h" } } } } };

test("the plan: nothing is downloaded, the overlay's node is always there", () => {
  const actions = [{ deploy: { to: "ssh", os: "debian", rootfs: { url: "http://x/r.tar" } } }];
  expect(plannedNames({ actions, device, strategies })).toEqual([
    "scp-overlay",
    "lava-overlay",
    "prepare-scp-overlay",
    "extract-rootfs",
    "extract-modules",
    "deploy-device-env",
  ]);
  expect(() => plannedNames({ actions, device: { hostname: "x" }, strategies })).toThrow("no deploy method 'ssh'");
});

test("what is named and not fetched is told", async () => {
  const ran = await runDeploy({ strategies, device, block: { to: "ssh", rootfs: { url: "http://x/r.tar" } } });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(ran.log).toContainEqual({ level: "warning", message: expect.stringContaining("does not fetch rootfs") });
  expect(ran.slot(DeploymentDataSlot)).toEqual({});
});
