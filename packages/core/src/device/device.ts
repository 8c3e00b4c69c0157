import { readTimeouts, type Timeouts } from "../job/timeout.js";
import { asObject, asText, asTexts, dig, hasKey, isJsonObject, type Json, type JsonObject } from "../json.js";

/** A way to a device's console, from `commands.connections`, `commands.connect` or `connection`. */
export interface DeviceConnection {
  readonly name: string;
  /** Name of the connection driver; `command` for LAVA's connection commands. */
  readonly driver: string;
  readonly config: JsonObject;
  /** LAVA's tags: `primary`, `telnet`, `ssh`, `shell`... */
  readonly tags: readonly string[];
}

/** A device: LAVA's rendered dictionary and the parts of it that planning asks for often. */
export interface Device {
  readonly hostname: string;
  readonly type: string;
  /** The rendered dictionary, as read. */
  readonly dictionary: JsonObject;
  readonly timeouts: Timeouts;
  readonly connections: readonly DeviceConnection[];
}

type MethodSection = "deploy" | "boot" | "test";

function connectionOf(name: string, value: Json | undefined): DeviceConnection {
  const entry = asObject(value);
  const { driver, tags, ...config } = entry;
  return { name, driver: asText(driver) ?? "command", config, tags: asTexts(tags) };
}

function readConnections(dictionary: JsonObject): readonly DeviceConnection[] {
  const own = dictionary.connection ?? dictionary.connections;
  if (isJsonObject(own)) {
    if (own.driver !== undefined) return [{ ...connectionOf("primary", own), tags: ["primary", ...asTexts(own.tags)] }];
    return Object.entries(own).map(([name, value]) => connectionOf(name, value));
  }
  const commands = asObject(dictionary.commands);
  const legacy = asText(commands.connect);
  if (legacy !== undefined)
    return [{ name: "connect", driver: "command", config: { connect: legacy }, tags: ["primary"] }];
  return Object.entries(asObject(commands.connections)).map(([name, value]) => connectionOf(name, value));
}

/** A rendered device dictionary that the schema accepted, as a {@link Device}. */
export function toDevice(dictionary: JsonObject): Device {
  return Object.freeze({
    hostname: asText(dictionary.hostname) ?? "",
    type: asText(dictionary.devicetype) ?? "",
    dictionary,
    timeouts: readTimeouts(asObject(dictionary.timeouts)),
    connections: Object.freeze(readConnections(dictionary)),
  });
}

/** Whether the device's dictionary lists a method, even with nothing to say about it (`nfs:`). */
export const hasMethod = (device: Device, section: MethodSection, method: string): boolean =>
  hasKey(dig(device.dictionary, "actions", section, "methods"), method);

/** Names of the methods of a section, in the dictionary's order. */
export const methodNames = (device: Device, section: MethodSection): readonly string[] =>
  Object.keys(asObject(dig(device.dictionary, "actions", section, "methods")));

/** What the dictionary says of a method; `{}` where it lists it without saying more or not at all. */
export const methodOptions = (device: Device, section: MethodSection, method: string): JsonObject =>
  asObject(dig(device.dictionary, "actions", section, "methods", method));

/** A command list of `commands`: `hard_reset`, `power_on`, ... Empty where the device has none. */
export const deviceCommand = (device: Device, name: string): readonly string[] =>
  asTexts(dig(device.dictionary, "commands", name));

/** The primary connection: the one tagged so, else the only one. */
export function primaryConnection(device: Device): DeviceConnection | undefined {
  return (
    device.connections.find(({ tags }) => tags.includes("primary")) ??
    (device.connections.length === 1 ? device.connections[0] : undefined)
  );
}

/** Milliseconds between typed characters in a section (`character_delays`); 0 where the device names none. */
export function characterDelayMs(device: Device, section: string): number {
  const delay = dig(device.dictionary, "character_delays", section);
  return typeof delay === "number" ? delay : 0;
}
