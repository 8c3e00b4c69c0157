import { asObject, type Json } from "@basalt/core";
import { deviceEnvironment, typeOfDictionary } from "@basalt/device-types";
import { mapLoader } from "@basalt/jinja";
import type { DeviceFacts, Permissions } from "./lab-facts.js";

/** What a dictionary itself says of its device. */
export interface DictionaryWishes {
  /** The name of the template it extends; undefined where it extends none. */
  readonly type: string | undefined;
  /** Of `{% set sync_to_lava = {...} %}` (spec 7.7, `sync`); undefined without it. */
  readonly fields: Partial<DeviceFacts> | undefined;
  /** More names of its type. */
  readonly aliases: readonly string[];
}

const statement = /\{%[-+]?\s*set\s+sync_to_lava\s*=([\s\S]*?)[-+]?%\}/;

/** The statement's value: a literal, so it is rendered by itself. @throws JinjaError */
function syncToLava(source: string, file: string): Readonly<Record<string, Json>> | undefined {
  const found = statement.exec(source);
  if (!found) return undefined;
  // as many lines before it as in the dictionary, so that an error names the right one
  const before = source.slice(0, found.index).replace(/[^\n]/g, "");
  const environment = deviceEnvironment(mapLoader({}));
  const json = environment.renderString(`${before}{% set wishes =${found[1]} %}{{ wishes|tojson }}`, {}, file);
  return asObject(JSON.parse(json)) as Readonly<Record<string, Json>>;
}

const texts = (value: Json | undefined): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

function permissionsOf(value: Json | undefined): Permissions {
  const rights: Partial<Record<keyof Permissions, string[]>> = {};
  for (const row of Array.isArray(value) ? value : []) {
    const [permission, group] = texts(row);
    const codename = /^(view|submit_to|change)(?:_device)?$/.exec(permission ?? "")?.[1] as
      | keyof Permissions
      | undefined;
    if (codename === undefined || group === undefined) continue;
    rights[codename] = [...(rights[codename] ?? []), group];
  }
  return rights;
}

/** @throws JinjaError where `sync_to_lava` is no literal */
export function dictionaryWishes(source: string, file: string): DictionaryWishes {
  const wishes = syncToLava(source, file);
  const type = typeOfDictionary(source);
  if (wishes === undefined) return { type, fields: undefined, aliases: [] };
  const { device_type, worker, tags, physical_owner, physical_group, group_device_permissions } = wishes;
  return {
    type: typeof device_type === "string" ? device_type : type,
    fields: {
      ...(typeof worker === "string" ? { worker } : {}),
      ...(tags === undefined ? {} : { tags: texts(tags) }),
      ...(typeof physical_owner === "string" ? { physical_owner } : {}),
      ...(typeof physical_group === "string" ? { physical_group } : {}),
      ...(group_device_permissions === undefined ? {} : { permissions: permissionsOf(group_device_permissions) }),
    },
    aliases: texts(wishes.aliases),
  };
}
