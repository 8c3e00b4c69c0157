import { asText, defineProtocol, type JsonObject, type ProtocolSession } from "@basalt/core";
import { xnbdSchema } from "./schema.js";

const [firstPort, ports] = [55_000, 1_000];

/** One of the ports that `auto` takes. */
export const anyPort = (): number => firstPort + Math.floor(Math.random() * ports);

/** The port a job asks for; undefined for `auto`. */
export function fixedPort(value: unknown): number | undefined {
  const port = Number(value);
  return Number.isInteger(port) && port > 0 ? port : undefined;
}

/** `lava-xnbd`: a request `set_port` gives the port that the job's NBD server has (lava-dispatcher.md 3.15). */
export const xnbd = defineProtocol({
  name: "lava-xnbd",
  schema: xnbdSchema,
  async open(parameters: JsonObject): Promise<ProtocolSession> {
    const port = fixedPort(parameters.port) ?? anyPort();
    return {
      async before(actionName, request, ctx) {
        if (!(asText(request.request) ?? "").includes("set_port")) return {};
        ctx.log.debug(`lava-xnbd: port ${port} for ${actionName}`);
        return { nbd_server_port: port };
      },
      // the server goes with the action that started it
      async [Symbol.asyncDispose]() {},
    };
  },
});
