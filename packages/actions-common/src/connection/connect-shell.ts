import {
  asText,
  ConnectionsToken,
  type Device,
  type DeviceConnection,
  defineAction,
  jobError,
  optional,
  type PlanRequest,
} from "@basalt/core";
import { SessionSlot } from "../slots.js";
import { openSession } from "./connect-device.js";

function named(device: Device, name: string): DeviceConnection {
  const found = device.connections.find((connection) => connection.name === name);
  if (found) return found;
  const known = device.connections.map((connection) => connection.name).join(", ");
  throw jobError(
    "ERR_CONNECTION_UNKNOWN",
    `device ${device.hostname} has no connection '${name}': it has ${known || "none"}`,
  );
}

/** Opens another console of the device, the one that the block's `connection` names (lava-dispatcher.md 3.9). */
export function connectShell({ params }: Pick<PlanRequest, "params">) {
  const name = asText(params.connection) ?? "";
  return defineAction({
    name: "connect-shell",
    summary: `open the device's console '${name}'`,
    reads: { current: optional(SessionSlot) },
    needs: { connections: ConnectionsToken },
    writes: { session: SessionSlot },
    async validate(_services, { job }) {
      named(job.device, name);
    },
    async run({ current, connections }, ctx) {
      if (current && !current.console.closed) {
        ctx.log.debug("already connected");
        return { session: current };
      }
      return { session: await openSession(named(ctx.job.device, name), connections, ctx) };
    },
  });
}
