import { defineAction, optional, type PlanNode, type PlanRequest, retry } from "@basalt/core";
import { SessionSlot } from "../slots.js";
import { connectDevice } from "./connect-device.js";

/** Closes the namespace's console, so that another program can have it. Nothing happens where none is open. */
export const disconnectDevice = defineAction({
  name: "disconnect-device",
  summary: "close the device's console",
  reads: { session: optional(SessionSlot) },
  async run({ session }, { log }) {
    if (session === undefined || session.console.closed) return void log.debug("no console is open");
    await session.hangUp?.();
    log.debug("the console is closed");
  },
});

/** `reset-connection > [disconnect-device, connect-device]`: a console of this attempt, with nothing of an earlier one in it. */
export const resetConnection = (request: Pick<PlanRequest, "block">): PlanNode =>
  retry(
    "reset-connection",
    // a console that is borrowed is its namespace's to close
    request.block.connectionNamespace === request.block.namespace ? disconnectDevice : borrowed,
    connectDevice(request),
  );

const borrowed = defineAction({
  name: "disconnect-device",
  summary: "leave the console of the other namespace open",
  run: async () => {},
});
