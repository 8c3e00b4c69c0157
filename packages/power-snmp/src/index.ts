import { asText, ClockToken, definePlugin, definePowerDriver, type JsonObject, makePower } from "@basalt/core";
import { modelNames, outletObjects } from "./models.js";
import { type Agent, readInteger, writeInteger } from "./session.js";

const readAgent = (config: JsonObject): Agent => ({
  host: asText(config.host) ?? "",
  port: typeof config.port === "number" ? config.port : 161,
  version: asText(config.version) === "1" ? "1" : "2c",
  community: asText(config.community) ?? "private",
});

/** `power: {driver: snmp, host, model, outlet}`. */
export const snmp = definePowerDriver({
  name: "snmp",
  schema: {
    type: "object",
    required: ["host", "outlet"],
    additionalProperties: false,
    properties: {
      host: { type: "string", description: "Address of the PDU." },
      port: { type: "integer", minimum: 1, maximum: 65535, default: 161, description: "UDP port of its SNMP agent." },
      version: { enum: ["1", "2c", 1], default: "2c", description: "SNMP version." },
      community: {
        type: "string",
        default: "private",
        description: "Community that may write. A secret: keep the dictionary private.",
      },
      model: { enum: modelNames, default: "apc", description: "Whose objects to use; generic ones are named by oid." },
      outlet: { type: ["integer", "string"], description: "The outlet's number." },
      oid: {
        type: "string",
        pattern: "^[.0-9]+(\\{outlet\\})?[.0-9]*$",
        description: "Model generic: the object that switches; {outlet} is put in.",
      },
      state_oid: {
        type: "string",
        pattern: "^[.0-9]+(\\{outlet\\})?[.0-9]*$",
        description: "Model generic: the object that tells the state; oid where absent.",
      },
      on_value: { type: "integer", default: 1, description: "Model generic: the value that means on." },
      off_value: { type: "integer", default: 2, description: "Model generic: the value that means off." },
      off_seconds: {
        type: "number",
        minimum: 0,
        default: 5,
        description: "How long power stays off in a reset, in seconds.",
      },
    },
  },
  create({ config, resolve }) {
    const agent = readAgent(config);
    const objects = outletObjects(config);
    const seconds = typeof config.off_seconds === "number" ? config.off_seconds : 5;
    return makePower(
      {
        what: `outlet ${asText(config.outlet) ?? "1"} of ${agent.host}`,
        on: (options) => writeInteger(agent, objects.controlOid, objects.on, options),
        off: (options) => writeInteger(agent, objects.controlOid, objects.off, options),
        async state(options) {
          const value = await readInteger(agent, objects.stateOid, options);
          if (value === objects.on) return "on";
          return value === objects.off ? "off" : "unknown";
        },
      },
      { clock: resolve(ClockToken), offMs: seconds * 1000 },
    );
  },
});

export default definePlugin({ name: "@basalt/power-snmp", power: [snmp] });
