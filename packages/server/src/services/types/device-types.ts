import type { DeviceTypeRow } from "../../store/rows.js";
import type { Asker, ListQuery, Page } from "./asking.js";

export interface DeviceTypeView extends DeviceTypeRow {
  readonly aliases: readonly string[];
  /** Devices by what they do now: idle, busy, and those no job can have. */
  readonly devices: { readonly idle: number; readonly busy: number; readonly offline: number };
  readonly has_template: boolean;
  readonly has_health_check: boolean;
}

export type DeviceTypeChanges = Partial<Omit<DeviceTypeView, "name" | "devices" | "has_template" | "has_health_check">>;

export interface DeviceTypeService {
  list(asker: Asker, query: ListQuery & { readonly all?: boolean }): Promise<Page<DeviceTypeView>>;
  get(asker: Asker, name: string): Promise<DeviceTypeView>;
  add(asker: Asker, name: string, changes: DeviceTypeChanges): Promise<void>;
  update(asker: Asker, name: string, changes: DeviceTypeChanges): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
  /** The lab's own template, else the one that came with Basalt. */
  template(asker: Asker, name: string): Promise<string | undefined>;
  setTemplate(asker: Asker, name: string, text: string | null, reason?: string): Promise<void>;
  healthCheck(asker: Asker, name: string): Promise<string | undefined>;
  setHealthCheck(asker: Asker, name: string, text: string | null, reason?: string): Promise<void>;
  /** Other names of types that may be seen. They are changed with their type. */
  aliases(asker: Asker): Promise<readonly { readonly name: string; readonly device_type: string }[]>;
}
