import { type Connections, type ConnectionTransport, type DeviceConnection, infrastructureError } from "@basalt/core";

/** Opens what it was given to open, and remembers what was opened and closed. */
export class FakeConnections implements Connections {
  /** Names of the connections opened, in order. */
  readonly opened: string[] = [];
  /** Names of the connections closed, in order. */
  readonly closed: string[] = [];
  readonly #open: (connection: DeviceConnection) => ConnectionTransport | Error;

  constructor(open: (connection: DeviceConnection) => ConnectionTransport | Error = () => refused()) {
    this.#open = open;
  }

  async open(connection: DeviceConnection, { signal }: { readonly signal: AbortSignal }): Promise<ConnectionTransport> {
    signal.throwIfAborted();
    const transport = this.#open(connection);
    if (transport instanceof Error) throw transport;
    this.opened.push(connection.name);
    return {
      readable: transport.readable,
      writable: transport.writable,
      [Symbol.asyncDispose]: async () => {
        this.closed.push(connection.name);
        await transport[Symbol.asyncDispose]();
      },
    };
  }
}

const refused = (): Error => infrastructureError("ERR_CONNECTION_REFUSED", "the fake has no connection to open");
