import { downloadedSlot } from "@basalt/actions-common";
import type { JsonObject } from "@basalt/core";
import { runDeploy } from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";

const images = { loader: { url: "http://x/l.bin" }, fip: { url: "http://x/fip.bin" } };
const run = (methods: JsonObject, block: JsonObject = { images }) =>
  runDeploy({
    strategies: plugin.strategies ?? [],
    device: { hostname: "b", commands: { connect: "telnet x 1" }, actions: { deploy: { methods } } },
    block: { to: "recovery", ...block },
    serves: { "http://x/l.bin": "l", "http://x/fip.bin": "f" },
  });

test("fetches in the job's order; opens the console where the device is tagged serial", async () => {
  const plain = await run({ recovery: null });
  expect(plain.outcome).toEqual({ result: "pass" });
  expect(plain.connections.opened).toEqual([]);
  expect(plain.slot(downloadedSlot("loader"))?.path).toBe("/jobs/1/1-deploy-recovery-mode/loader/l.bin");
  const serial = await run({ recovery: { tags: ["serial"] } });
  expect(serial.ended.slice(0, 5)).toEqual([
    "http-download pass",
    "download-retry pass",
    "http-download pass",
    "download-retry pass",
    "connect-device pass",
  ]);
  expect(serial.connections.closed).toEqual(["connect"]);
});

test("is refused with the reason", async () => {
  await expect(run({})).rejects.toThrow("no deploy method 'recovery'");
  await expect(run({ recovery: null }, {})).rejects.toThrow("no 'images'");
});
