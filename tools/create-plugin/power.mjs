import { driverExample } from "./examples.mjs";

/** A power driver over HTTP: `makePower` adds the reset and reads the state back. */
export const powerFiles = ({ name, id, pkg }) => ({
  "src/index.ts": `import {
  asText,
  ClockToken,
  configurationError,
  definePlugin,
  definePowerDriver,
  infrastructureError,
  makePower,
  type PowerOptions,
} from "@basalt/core";
import { schema } from "./schema.js";

/** Asks the outlet; gives its answer. */
async function ask(url: string, { signal }: PowerOptions): Promise<string> {
  const response = await fetch(url, { signal }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw infrastructureError("ERR_POWER_UNREACHABLE", \`can't reach the outlet at \${url}: is it on, is the address right?\`, { cause });
  });
  const text = (await response.text()).trim();
  if (!response.ok) throw infrastructureError("ERR_POWER_REFUSED", \`\${url} answered \${response.status} '\${text}'\`);
  return text;
}

/** \`power: {driver: ${name}, url}\`: GET url/on, url/off, url/state. */
export const ${id} = definePowerDriver({
  name: "${name}",
  schema,
  create({ config, resolve }) {
    const url = asText(config.url)?.replace(/\\/+$/, "");
    if (url === undefined) throw configurationError("ERR_DEVICE_INVALID", "power driver ${name} needs 'url', like http://192.168.1.20");
    return makePower(
      {
        what: \`the outlet at \${url}\`,
        on: async (options) => void (await ask(\`\${url}/on\`, options)),
        off: async (options) => void (await ask(\`\${url}/off\`, options)),
        async state(options) {
          const said = await ask(\`\${url}/state\`, options);
          return said === "on" || said === "off" ? said : "unknown";
        },
      },
      { clock: resolve(ClockToken), offMs: (typeof config.off_seconds === "number" ? config.off_seconds : 2) * 1000 },
    );
  },
});

export default definePlugin({ name: "${pkg}", power: [${id}] });
`,
  "src/schema.ts": `import type { JsonSchema } from "@basalt/core";

/** Keys of \`power: {driver: ${name}}\`. */
export const schema: JsonSchema = {
  type: "object",
  required: ["url"],
  additionalProperties: false,
  properties: {
    url: { type: "string", description: "Address of the outlet." },
    off_seconds: {
      type: "number",
      minimum: 0,
      default: 2,
      description: "How long power stays off in a reset, in seconds.",
    },
  },
};
`,
  [`src/${name}.test.ts`]: `import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Power, toDevice } from "@basalt/core";
import { pluginContract, resolveOf } from "@basalt/testing";
import { afterEach, beforeEach, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { ${id} } from "./index.js";

let server: Server;
let isOn = false;
let stuck = false;
let unanswered = 0;

beforeEach(async () => {
  [isOn, stuck, unanswered] = [false, false, 0];
  server = createServer((request, response) => {
    if (unanswered-- > 0) return;
    const what = (request.url ?? "").slice(1);
    if (!["on", "off", "state"].includes(what)) return void response.writeHead(404).end("no such outlet");
    if (what !== "state" && !stuck) isOn = what === "on";
    response.end(isOn ? "on" : "off");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const power = (url = \`http://127.0.0.1:\${(server.address() as AddressInfo).port}\`): Power =>
  ${id}.create({ device: toDevice({}), config: { url, off_seconds: 0 }, resolve: resolveOf() });

const contract = pluginContract(plugin, {
  manifest,
  power: {
    power: () => power(),
    absent: () => power("http://127.0.0.1:9"),
    refuses: {
      "no such outlet": () => power(\`http://127.0.0.1:\${(server.address() as AddressInfo).port}/elsewhere\`),
    },
    hangsOnce() {
      unanswered = 1;
      return power();
    },
    stuck() {
      stuck = true;
      return power();
    },
    isOn: () => isOn,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(\`contract: \${name}\`, run);
`,
  ...driverExample(`power = {'driver': '${name}', 'url': 'http://192.168.1.20'}`),
  example: `power: { driver: ${name}, url: "http://192.168.1.20" }`,
});
