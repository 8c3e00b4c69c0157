import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { configurationError, type Device, isJsonObject, readYaml, toDevice } from "@basalt/core";

export interface LoadDeviceOptions {
  /** The job's `context`: values for the device's templates. */
  readonly context?: Readonly<Record<string, unknown>>;
}

/**
 * Reads a device from a file. A rendered dictionary (`.yaml`) is taken as it stands.
 * @throws ERR_DEVICE_UNREADABLE, ERR_DEVICE_INVALID, ERR_YAML_* (configuration)
 */
export async function loadDevice(path: string, _options: LoadDeviceOptions = {}): Promise<Device> {
  if ([".jinja2", ".j2"].includes(extname(path)))
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `${path} is a template, not a rendered device dictionary: render it first (lava-server's 'manage.py render', lavacli 'devices dict get --render')`,
    );
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw configurationError("ERR_DEVICE_UNREADABLE", `can't read the device ${path}: ${(cause as Error).message}`, {
      cause,
    });
  }
  const { value } = await readYaml(text, { file: path, kind: "configuration" });
  if (!isJsonObject(value))
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `${path}: a device dictionary must be a mapping, with keys like 'actions' and 'commands'`,
    );
  return toDevice(value);
}
