import type { JsonObject } from "@basalt/core";
import type { DeviceHealth, LogEntryRow } from "../../store/rows.js";
import type { Asker, ListQuery, Page } from "./asking.js";

export interface DeviceView {
  readonly name: string;
  readonly device_type: string;
  readonly device_version: string | null;
  readonly description: string;
  readonly state: string;
  readonly health: DeviceHealth;
  readonly worker: string | null;
  readonly tags: readonly string[];
  readonly physical_owner: string | null;
  readonly physical_group: string | null;
  readonly current_job: number | null;
  readonly last_health_job: number | null;
  readonly has_dictionary: boolean;
  readonly is_synced: boolean;
}

export interface DeviceChanges {
  readonly device_type?: string;
  readonly device_version?: string | null;
  readonly description?: string;
  readonly worker?: string | null;
  readonly physical_owner?: string | null;
  readonly physical_group?: string | null;
  readonly tags?: readonly string[];
}

export interface DeviceService {
  list(asker: Asker, query: ListQuery & { readonly all?: boolean }): Promise<Page<DeviceView>>;
  get(asker: Asker, name: string): Promise<DeviceView>;
  add(
    asker: Asker,
    name: string,
    device: DeviceChanges & { readonly device_type: string; readonly health?: DeviceHealth },
  ): Promise<void>;
  update(asker: Asker, name: string, changes: DeviceChanges): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
  setHealth(asker: Asker, name: string, health: DeviceHealth, reason?: string): Promise<void>;
  dictionary(asker: Asker, name: string): Promise<string | undefined>;
  /** The device's YAML as a job with this context would get it. */
  rendered(asker: Asker, name: string, context?: JsonObject): Promise<string>;
  setDictionary(asker: Asker, name: string, text: string | null, reason?: string): Promise<void>;
  history(asker: Asker, name: string): Promise<readonly LogEntryRow[]>;
}
