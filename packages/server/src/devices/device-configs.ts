import { configurationError, type Device, type JsonObject, toBasaltError } from "@basalt/core";
import {
  deviceEnvironment,
  extendedTemplate,
  jobContext,
  ownTemplatesFolder,
  renderDevice,
} from "@basalt/device-types";
import { choiceLoader, type Environment, type Loader } from "@basalt/jinja";
import { folderLoader } from "@basalt/jinja/folder-loader";
import { readDevice } from "@basalt/plugin-loader";
import type { Store } from "../store/store.js";
import { DocumentCache } from "./documents.js";

/** A device as far as its texts are concerned. */
export interface ConfiguredDevice {
  readonly name: string;
  readonly device_type: string;
}

/** A health check, and the template that it belongs to. */
export interface HealthCheckText {
  readonly name: string;
  readonly text: string;
}

export interface DeviceConfigsOptions {
  /** Variables that jobs may set beside LAVA's list (LAVA: EXTRA_CONTEXT_VARIABLES). */
  readonly extraContext?: readonly string[];
}

const suffix = ".jinja2";
/** Rendered texts that are kept: those of one device and context are the same until a document changes. */
const keptTexts = 5_000;

/** Dictionaries and templates of the database, rendered. Template names end in `.jinja2`; our own types come after the lab's. */
export class DeviceConfigs {
  readonly #cache: DocumentCache;
  readonly #environment: Environment;
  readonly #rendered = new Map<string, string>();
  readonly #devices = new Map<string, Promise<Device>>();
  readonly #problems = new Map<string, Promise<string | undefined>>();
  readonly #healthChecks = new Map<string, HealthCheckText | undefined>();
  #anyHealthCheck = false;
  #generation = -1;

  constructor(
    store: Store,
    private readonly options: DeviceConfigsOptions = {},
  ) {
    this.#cache = new DocumentCache(store, ["device", "devicetype", "health-check"]);
    const own: Loader = {
      getSource: (name) => {
        if (!name.endsWith(suffix)) return null;
        const src = this.#dictionary(name) ?? this.#cache.text("devicetype", name.slice(0, -suffix.length));
        return src === undefined ? null : { src, path: name };
      },
    };
    // LAVA's dictionaries may extend or include each other: their folder is searched, too
    const dictionaries: Loader = {
      getSource: (name) => {
        const src = name.endsWith(suffix) ? this.#cache.text("device", name.slice(0, -suffix.length)) : undefined;
        return src === undefined ? null : { src, path: name };
      },
    };
    this.#environment = deviceEnvironment(choiceLoader([own, folderLoader([ownTemplatesFolder()]), dictionaries]));
  }

  /** Dictionaries are rendered by a name of their own, so that a device may be called as its type. */
  #dictionary(name: string): string | undefined {
    return name.startsWith("devices/") ? this.#cache.text("device", name.slice(8, -suffix.length)) : undefined;
  }

  /** Variables that jobs may set beside LAVA's list. */
  get extraContext(): readonly string[] {
    return this.options.extraContext ?? [];
  }

  /** Takes in what changed in the database ({@link DocumentCache.refresh}). Call it before what has to be up to date. */
  async refresh(seen?: string): Promise<void> {
    await this.#cache.refresh(seen);
    if (this.#generation === this.#cache.generation) return;
    this.#generation = this.#cache.generation;
    this.#rendered.clear();
    this.#devices.clear();
    this.#problems.clear();
    this.#healthChecks.clear();
    this.#anyHealthCheck = this.#cache.has("health-check");
  }

  /** Another number after each change of a text: what was worked out from the texts before is out of date. */
  get generation(): number {
    return this.#generation;
  }

  /** Whether any device can have a health check. */
  get anyHealthCheck(): boolean {
    return this.#anyHealthCheck;
  }

  hasDictionary(device: string): boolean {
    return this.#cache.text("device", device) !== undefined;
  }

  /**
   * The device's YAML for a job with this context.
   * @throws ERR_DEVICE_NO_DICTIONARY, ERR_JINJA_* (configuration)
   */
  render(device: ConfiguredDevice, context: JsonObject = {}): string {
    if (!this.hasDictionary(device.name))
      throw configurationError(
        "ERR_DEVICE_NO_DICTIONARY",
        `device ${device.name} has no dictionary: write one with 'basalt admin devices dictionary ${device.name} FILE'`,
      );
    const { allowed } = jobContext(context, this.options.extraContext);
    const key = JSON.stringify([device.name, device.device_type, allowed]);
    const known = this.#rendered.get(key);
    if (known !== undefined) return known;
    const text = renderDevice(this.#environment, {
      template: `devices/${device.name}${suffix}`,
      hostname: device.name,
      type: device.device_type,
      context: allowed,
    });
    if (this.#rendered.size >= keptTexts) this.#rendered.clear();
    this.#rendered.set(key, text);
    return text;
  }

  /** {@link render}, read and checked. @throws ERR_DEVICE_INVALID and as `render` (configuration) */
  device(device: ConfiguredDevice, context: JsonObject = {}): Promise<Device> {
    const { allowed } = jobContext(context, this.options.extraContext);
    const key = JSON.stringify([device.name, device.device_type, allowed]);
    let read = this.#devices.get(key);
    if (!read) {
      read = (async () => readDevice({ name: `${device.name} (rendered)`, text: this.render(device, context) }))();
      read.catch(() => {});
      if (this.#devices.size >= keptTexts) this.#devices.clear();
      this.#devices.set(key, read);
    }
    return read;
  }

  /** What is wrong with a device's texts, in words; undefined where nothing is. Known until a document changes. */
  problem(device: ConfiguredDevice): Promise<string | undefined> {
    const key = JSON.stringify([device.name, device.device_type]);
    let problem = this.#problems.get(key);
    if (!problem) {
      problem = this.device(device).then(
        () => undefined,
        (error: unknown) => toBasaltError(error).message,
      );
      this.#problems.set(key, problem);
    }
    return problem;
  }

  /** The health check of a device: that of the template its dictionary extends, not of its type (spec 6.2). */
  healthCheck(device: ConfiguredDevice): HealthCheckText | undefined {
    if (!this.#anyHealthCheck) return undefined;
    if (this.#healthChecks.has(device.name)) return this.#healthChecks.get(device.name);
    const found = this.#findHealthCheck(device);
    this.#healthChecks.set(device.name, found);
    return found;
  }

  #findHealthCheck(device: ConfiguredDevice): HealthCheckText | undefined {
    const source = this.#cache.text("device", device.name);
    const name = source === undefined ? undefined : extendedTemplate(source)?.replace(/\.jinja2$/, "");
    const text = name === undefined ? undefined : this.#cache.text("health-check", name);
    return name === undefined || text === undefined ? undefined : { name, text };
  }
}
