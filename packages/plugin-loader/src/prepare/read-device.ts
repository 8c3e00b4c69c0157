import { asObject, type Device, deviceProblemsToError, readYaml, toDevice, validateDevice } from "@basalt/core";

/** A text and what messages call it: a file's name, `job 42`. */
export interface NamedText {
  readonly name: string;
  readonly text: string;
}

/** Reads a rendered device dictionary and checks it. @throws ERR_DEVICE_INVALID, ERR_YAML_* (configuration) */
export async function readDevice({ name, text }: NamedText): Promise<Device> {
  const document = await readYaml(text, { file: name, kind: "configuration", quiet: true });
  const result = await validateDevice(document);
  if (!result.ok) throw deviceProblemsToError(result.problems);
  return toDevice(asObject(document.value));
}
