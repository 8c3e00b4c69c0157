import { toBasaltError } from "@basalt/core";
import { Ajv2020 } from "ajv/dist/2020.js";

/** A Lava-Test test definition as LAVA's documents have it. */
const schema = {
  type: "object",
  required: ["metadata", "run"],
  properties: {
    metadata: {
      type: "object",
      required: ["format", "name", "description"],
      properties: {
        format: { enum: ["Lava-Test Test Definition 1.0", "Lava-Test-Shell Test Definition 1.0"] },
        name: { type: "string", pattern: "^\\S+$" },
        description: { type: "string" },
      },
    },
    run: {
      type: "object",
      required: ["steps"],
      properties: { steps: { type: "array", items: { type: ["string", "number", "boolean"] } } },
    },
    parse: { type: ["object", "null"] },
    params: { type: ["object", "null"] },
    install: { type: ["object", "null"] },
  },
};

const check = new Ajv2020({ allErrors: true, allowUnionTypes: true }).compile(schema);

/** What is wrong with a test definition, in words; undefined where nothing is. */
export async function testDefinitionProblem(read: () => Promise<unknown>): Promise<string | undefined> {
  let value: unknown;
  try {
    value = await read();
  } catch (error) {
    const known = toBasaltError(error);
    if (known.kind !== "job") throw error;
    return known.message;
  }
  if (check(value)) return undefined;
  return (check.errors ?? [])
    .map(
      ({ instancePath, message }) =>
        `${instancePath === "" ? "it" : instancePath.slice(1).replaceAll("/", ".")} ${message}`,
    )
    .join("; ");
}
