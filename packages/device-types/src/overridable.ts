import { contextVariables, type Json, type JsonObject } from "@basalt/core";
import type { Environment } from "@basalt/jinja";
import { type RenderDevice, renderDevice } from "./render-device.js";

/** A variable that a job's context can change on a device, and what that changes. */
export interface Overridable {
  readonly name: string;
  /** A line of the device as it is without the job's word; undefined where a line only appears with it. */
  readonly before?: string;
  /** The same place with a value of the job's; the value is shown as the variable's name in capitals where it stands. */
  readonly after?: string;
}

/** Values a variable is tried with: templates ask some only whether they are set, or whether they are a certain word. */
const probes = (name: string): readonly Json[] => {
  const mark = name.toUpperCase();
  const words = name === "arch" ? ["arm64", "arm", "amd64", "riscv64", "i386"] : [];
  return [...words, mark, 424242, true, false, [mark]];
};

function firstChange(before: string, after: string): Pick<Overridable, "before" | "after"> {
  const [old, fresh] = [before.split("\n"), after.split("\n")];
  const at = fresh.findIndex((line, i) => line !== old[i]);
  const line = (lines: readonly string[]): string => lines[at]?.trim() ?? "";
  // a line that only comes with the variable pushes the old one down
  const inserted = fresh.length > old.length && fresh.slice(at + 1).includes(old[at] ?? "");
  return { ...(inserted || at < 0 ? {} : { before: line(old) }), after: line(fresh) };
}

function tryRender(environment: Environment, device: RenderDevice, context: JsonObject): string | undefined {
  try {
    return renderDevice(environment, { ...device, context });
  } catch {
    return undefined; // a value the template can't take says nothing about others
  }
}

/**
 * Which context variables a test author can still change on a device: each is tried, and counts when the rendered text changes.
 * What a template or the dictionary sets does not.
 */
export function overridable(
  environment: Environment,
  device: RenderDevice,
  extra: readonly string[] = [],
): readonly Overridable[] {
  const context = device.context ?? {};
  const before = tryRender(environment, device, context) ?? "";
  return [...contextVariables, ...extra].flatMap((name) => {
    for (const value of probes(name)) {
      const after = tryRender(environment, device, { ...context, [name]: value });
      if (after !== undefined && after !== before) return [{ name, ...firstChange(before, after) }];
    }
    return [];
  });
}
