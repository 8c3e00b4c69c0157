import {
  type ActionContext,
  type Connections,
  ConnectionsToken,
  type ConnectionTransport,
  configurationError,
  type Device,
  type DeviceConnection,
  defineAction,
  inNamespace,
  jobError,
  openConsole,
  optional,
  type PlanRequest,
  primaryConnection,
} from "@basalt/core";
import { type Session, SessionSlot } from "../slots.js";

function primaryOf(device: Device): DeviceConnection {
  const found = primaryConnection(device);
  if (found) return found;
  const names = device.connections.map(({ name }) => name).join(", ");
  throw configurationError(
    "ERR_CONNECTION_MISSING",
    device.connections.length === 0
      ? `device ${device.hostname} names no way to its console: add commands.connections or connection to its dictionary`
      : `device ${device.hostname} has connections ${names}, but none is tagged primary`,
  );
}

const alive = (session: Session | undefined): session is Session => session !== undefined && !session.console.closed;

/** Opens one of the device's connections as a session, whose `hangUp` closes it before the job ends. */
export async function openSession(
  connection: DeviceConnection,
  connections: Connections,
  ctx: ActionContext,
): Promise<Session> {
  const transport = await connections.open(connection, { signal: ctx.signal });
  let closed: Promise<void> | undefined;
  const once: ConnectionTransport = {
    readable: transport.readable,
    writable: transport.writable,
    [Symbol.asyncDispose]: () => {
      closed ??= Promise.resolve(transport[Symbol.asyncDispose]());
      return closed;
    },
  };
  const console = openConsole(once, ctx);
  const hangUp = async (): Promise<void> => {
    await console[Symbol.asyncDispose]();
    await once[Symbol.asyncDispose]();
  };
  return { console, prompts: [], lineSeparator: "\n", hangUp };
}

/** Opens the device's primary console, or keeps the namespace's live one (lava-dispatcher.md 3.9). */
export function connectDevice({ block }: Pick<PlanRequest, "block">, name = "connect-device") {
  const elsewhere = block.connectionNamespace !== block.namespace;
  const source = elsewhere ? inNamespace(SessionSlot, block.connectionNamespace) : SessionSlot;
  return defineAction({
    name,
    summary: "open the device's console",
    reads: { current: optional(source) },
    needs: { connections: ConnectionsToken },
    writes: { session: SessionSlot },
    blameOnTimeout: "infrastructure",
    async run({ current, connections }, ctx) {
      if (alive(current)) {
        ctx.log.debug("already connected");
        return { session: current };
      }
      if (elsewhere)
        throw jobError(
          "ERR_CONNECTION_NAMESPACE",
          `namespace '${block.connectionNamespace}' has no open connection: does an earlier block of it connect?`,
        );
      return { session: await openSession(primaryOf(ctx.job.device), connections, ctx) };
    },
  });
}
