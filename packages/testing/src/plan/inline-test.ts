import type { JsonObject } from "@basalt/core";

/** An entry of a test block's `definitions` that holds its definition itself; it passes at once if it has no steps. `more` goes into the definition. */
export const inlineTest = (name: string, steps: readonly string[] = ["true"], more: JsonObject = {}): JsonObject => ({
  from: "inline",
  name,
  path: `inline/${name}.yaml`,
  repository: {
    metadata: { format: "Lava-Test Test Definition 1.0", name, description: "x" },
    run: { steps },
    ...more,
  },
});
