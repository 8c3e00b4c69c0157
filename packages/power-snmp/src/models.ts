import { asText, configurationError, type JsonObject } from "@basalt/core";

/** The objects that switch and tell one outlet. */
export interface OutletObjects {
  readonly controlOid: string;
  readonly stateOid: string;
  readonly on: number;
  readonly off: number;
  /** The value that makes the PDU reset the outlet itself, where it has one. */
  readonly reset?: number;
}

type Model = (outlet: string) => OutletObjects;

const models: Readonly<Record<string, Model>> = {
  /** APC MasterSwitch (PowerNet-MIB): sPDUOutletCtl, 1 on, 2 off, 3 reboot; reads back 1 or 2. */
  apc: (outlet) => {
    const oid = `1.3.6.1.4.1.318.1.1.4.4.2.1.3.${outlet}`;
    return { controlOid: oid, stateOid: oid, on: 1, off: 2 };
  },
  /** APC rPDU (PowerNet-MIB): rPDUOutletControlOutletCommand; the state is rPDUOutletStatusOutletState. */
  "apc-rpdu": (outlet) => ({
    controlOid: `1.3.6.1.4.1.318.1.1.12.3.3.1.1.4.${outlet}`,
    stateOid: `1.3.6.1.4.1.318.1.1.12.3.5.1.1.4.${outlet}`,
    on: 1,
    off: 2,
  }),
};

export const modelNames: readonly string[] = [...Object.keys(models), "generic"];

const integer = (config: JsonObject, key: string, otherwise: number): number => {
  const value = config[key];
  return typeof value === "number" ? value : otherwise;
};

/** The objects of a device's outlet: a known model's, or those that the dictionary names. */
export function outletObjects(config: JsonObject): OutletObjects {
  const name = asText(config.model) ?? "apc";
  const outlet = asText(config.outlet) ?? "1";
  const model = Object.hasOwn(models, name) ? models[name] : undefined;
  if (model) return model(outlet);
  const controlOid = asText(config.oid)?.replace(/^\./, "").replace("{outlet}", outlet);
  if (controlOid === undefined)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      "power driver snmp with model 'generic' needs 'oid', the object that switches the outlet",
    );
  const stateOid = asText(config.state_oid)?.replace(/^\./, "").replace("{outlet}", outlet) ?? controlOid;
  return { controlOid, stateOid, on: integer(config, "on_value", 1), off: integer(config, "off_value", 2) };
}
