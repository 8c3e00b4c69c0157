import { FileServerToken } from "@basalt/core";
import { runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { OverlayFileSlot, SessionSlot } from "../slots.js";
import { overlayUnpack } from "./overlay-unpack.js";

test.each(["zmodem", "nfs"])("transfer_method %s is refused before anything is switched on", async (method) => {
  const { outcome, ended } = await runPlan(overlayUnpack({ transfer_method: method, unpack_command: "tar -xf" }), {
    services: [[FileServerToken, { offer: async () => "http://x" }]],
    slots: [
      [OverlayFileSlot, "/o.tar.gz"],
      [SessionSlot, {}],
    ],
  });
  expect(outcome).toMatchObject({
    result: "fail",
    error: { kind: "job", code: "ERR_JOB_INVALID", message: expect.stringContaining(`transfer_method '${method}'`) },
  });
  expect(ended).toEqual([]);
});
