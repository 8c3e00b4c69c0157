import { DeploymentDataSlot } from "@basalt/actions-common";
import { ArchiverToken } from "@basalt/core";
import { bootScripted, expectManifestMatches, planOf, planText, ScriptedBoard } from "@basalt/testing";
import { expect, test } from "vitest";
import packageJson from "../package.json" with { type: "json" };
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const device = { hostname: "host-01", actions: { deploy: { methods: { ssh: { host: "h" } } } } };

test("the manifest is true", () => expectManifestMatches(packageJson, plugin));

test("the plan: nothing is downloaded, the overlay's node is always there", () => {
  const job = {
    timeouts: { job: { hours: 1 } },
    actions: [{ deploy: { to: "ssh", os: "debian", rootfs: { url: "http://x/r.tar" } } }],
  };
  const lines = planText(planOf({ job, device, strategies }))
    .split("\n")
    .filter((line) => /^ *1/.test(line));
  expect(lines.map((line) => line.trim().split(" ")[1])).toEqual([
    "scp-overlay",
    "lava-overlay",
    "prepare-scp-overlay",
    "extract-rootfs",
    "extract-modules",
    "deploy-device-env",
  ]);
  expect(() => planOf({ job, device: { hostname: "x" }, strategies })).toThrow("no deploy method 'ssh'");
});

test("what is named and not fetched is told", async () => {
  const ran = await bootScripted(new ScriptedBoard([]), {
    strategies,
    device,
    section: "deploy",
    block: { to: "ssh", rootfs: { url: "http://x/r.tar" } },
    services: [[ArchiverToken, {}]],
  });
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(ran.log).toContainEqual({ level: "warning", message: expect.stringContaining("does not fetch rootfs") });
  expect(ran.slot(DeploymentDataSlot)).toEqual({});
});
