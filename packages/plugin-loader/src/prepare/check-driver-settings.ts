import {
  asObject,
  type BasaltError,
  closest,
  configurationError,
  type Device,
  type JsonObject,
  type Plugin,
} from "@basalt/core";
import { Validator } from "@cfworker/json-schema";
import type { ErrorObject } from "ajv";
import { powerDriverName } from "../needed-plugins.js";

/** The settings a device gives to a driver, and where they stand in its dictionary. */
interface Settings {
  readonly where: string;
  readonly values: JsonObject;
  readonly schema: object;
}

function settingsOf(device: Device, plugins: readonly Plugin[]): readonly Settings[] {
  const powers = plugins.flatMap(({ power = [] }) => power);
  const connections = plugins.flatMap((plugin) => plugin.connections ?? []);
  const found: Settings[] = [];
  const power = powers.find(({ name }) => name === powerDriverName(device));
  if (power) {
    const { driver: _, ...values } = asObject(device.dictionary.power);
    found.push({ where: "power", values, schema: power.schema });
  }
  for (const { name, driver, config } of device.connections) {
    const known = connections.find((one) => one.name === driver);
    if (known) found.push({ where: `connection ${name}`, values: config, schema: known.schema });
  }
  return found;
}

function explain({ where, schema }: Settings, { keyword, params, instancePath, message }: ErrorObject): string {
  const at = [where, ...instancePath.split("/").slice(1)].join(".");
  if (keyword === "required") return `${at}: '${params.missingProperty}' is missing`;
  if (keyword === "enum") return `${at}: must be one of ${(params.allowedValues as readonly unknown[]).join(", ")}`;
  if (keyword !== "additionalProperties") return `${at}: ${message}`;
  const known = Object.keys(asObject((schema as { readonly properties?: unknown }).properties));
  const near = closest(String(params.additionalProperty), known);
  return `${at}: '${params.additionalProperty}' is not known${near ? `, did you mean '${near}'?` : ` (known: ${known.join(", ") || "none"})`}`;
}

const refuse = ({ hostname, type }: Device, problems: readonly string[]): BasaltError =>
  configurationError("ERR_DEVICE_INVALID", `device ${hostname || type}: ${problems.join("; ")}`, {
    details: { problems },
  });

/** What is wrong with some settings. ajv explains well but takes 30 ms to load: an interpreter says whether it is needed at all. */
async function problemsOf(settings: Settings): Promise<readonly string[]> {
  const { schema, values } = settings;
  const interpreter = new Validator(schema as ConstructorParameters<typeof Validator>[0], "2020-12", true);
  if (interpreter.validate(values).valid) return [];
  const { Ajv2020 } = await import("ajv/dist/2020.js");
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateSchema: false, logger: false });
  const validate = ajv.compile(schema);
  return validate(values) ? [] : (validate.errors ?? []).map((error) => explain(settings, error));
}

/** Checks what a device tells its drivers against their schemas. @throws ERR_DEVICE_INVALID (configuration), with all problems */
export async function checkDriverSettings(device: Device, plugins: readonly Plugin[]): Promise<void> {
  const problems = (await Promise.all(settingsOf(device, plugins).map(problemsOf))).flat();
  if (problems.length > 0) throw refuse(device, problems);
}
