import { driverExample } from "./examples.mjs";

/** A console over TCP. */
export const connectionFiles = ({ name, id, pkg }) => ({
  "src/index.ts": `import { connect } from "node:net";
import { Duplex } from "node:stream";
import {
  asText,
  type ConnectionTransport,
  configurationError,
  defineConnectionDriver,
  definePlugin,
  infrastructureError,
} from "@basalt/core";
import { schema } from "./schema.js";

/** Opens the console's socket. */
async function openSocket(host: string, port: number, signal: AbortSignal): Promise<ConnectionTransport> {
  signal.throwIfAborted();
  const socket = connect({ host, port });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const abort = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw infrastructureError("ERR_CONNECTION_REFUSED", \`can't open the console at \${host} port \${port}: check that its server runs, and the address\`, { cause });
  } finally {
    signal.removeEventListener("abort", abort);
  }
  const { readable, writable } = Duplex.toWeb(socket);
  return {
    readable: readable as ReadableStream<Uint8Array>,
    writable,
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

/** \`connection: {driver: ${name}, host, port}\`. */
export const ${id} = defineConnectionDriver({
  name: "${name}",
  schema,
  async open({ connection: { config }, signal }) {
    const [host, port] = [asText(config.host), Number(config.port)];
    if (host === undefined || !Number.isInteger(port))
      throw configurationError("ERR_DEVICE_INVALID", "connection driver ${name} needs 'host' and 'port'");
    return openSocket(host, port, signal);
  },
});

export default definePlugin({ name: "${pkg}", connections: [${id}] });
`,
  "src/schema.ts": `import type { JsonSchema } from "@basalt/core";

/** Keys of \`connection: {driver: ${name}}\`. */
export const schema: JsonSchema = {
  type: "object",
  required: ["host", "port"],
  properties: {
    host: { type: "string", description: "Machine that serves the console." },
    port: { type: "integer", minimum: 1, maximum: 65535, description: "Its TCP port." },
  },
};
`,
  [`src/${name}.test.ts`]: `import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { toDevice } from "@basalt/core";
import { pluginContract, resolveOf } from "@basalt/testing";
import { afterEach, beforeEach, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { ${id} } from "./index.js";

const sockets = new Set<Socket>();
let drops = false;
let server: Server;
beforeEach(async () => {
  drops = false;
  server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket)).on("error", () => {});
    socket.write("login: ");
    socket.on("data", (line) => void (drops ? socket.end() : socket.write(\`you said \${line}\`)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

const open = (signal: AbortSignal, port = (server.address() as AddressInfo).port) =>
  ${id}.open({
    device: toDevice({}),
    connection: { name: "uart0", driver: "${name}", tags: ["primary"], config: { host: "127.0.0.1", port } },
    resolve: resolveOf(),
    signal,
  });

const contract = pluginContract(plugin, {
  manifest,
  connection: {
    works: (signal) => open(signal),
    drops(signal) {
      drops = true;
      return open(signal);
    },
    refused: (signal) => open(signal, 9),
    busy: "a socket serves everybody",
    silent: "opening waits for no answer",
    held: () => sockets.size,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(\`contract: \${name}\`, run);
`,
  ...driverExample(`connection = {'driver': '${name}', 'host': 'ser2net-1', 'port': 7101}`),
  example: `connection: { driver: ${name}, host: ser2net-1, port: 7101 }`,
});
