import { asObject, type Json, type JsonObject } from "@basalt/core";

/** A value as Python prints it: definitions were written for LAVA, whose `True` and `None` tests compare with. */
export function pythonValue(value: Json | undefined): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null || value === undefined) return "None";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** In single quotes, whatever it holds. */
export const singleQuoted = (text: string): string => `'${text.replaceAll("'", `'"'"'`)}'`;

/** Quoted only where a shell would read more than a word. */
export const shellQuoted = (text: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(text) ? text : singleQuoted(text);

/** Whether a shell takes it as the name of a variable. */
export const isVariableName = (name: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);

/** `K='V'` lines of parameters; names that no shell takes are left out and told. */
export function parameterLines(
  parameters: JsonObject | undefined,
  onSkipped: (name: string) => void,
): readonly string[] {
  return Object.entries(asObject(parameters)).flatMap(([name, value]) => {
    if (isVariableName(name)) return [`${name}=${singleQuoted(pythonValue(value))}`];
    onSkipped(name);
    return [];
  });
}
