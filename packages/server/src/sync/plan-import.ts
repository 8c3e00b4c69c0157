import { closest, configurationError, type Locator, toBasaltError } from "@basalt/core";
import type { JinjaError } from "@basalt/jinja";
import { nameProblem } from "../names.js";
import type { DocumentRow } from "../store/rows.js";
import { type DictionaryWishes, dictionaryWishes } from "./dictionary-wishes.js";
import type { DeviceFacts, LabFacts, Permissions, Section, WantedLab } from "./lab-facts.js";
import { withWanted } from "./lab-facts.js";
import type { LabFile } from "./lab-file.js";
import { keyText, type LabText, pathOf } from "./layout.js";
import type { LabFolder } from "./read-folder.js";

export interface ImportChoices {
  /** Devices of dictionaries, their types, and workers of folders in `dispatcher.d` are added where the lab does not know them. */
  readonly create: boolean;
  /** Texts that are not in the folder are deleted; devices whose dictionary is are retired. */
  readonly remove: boolean;
  /** The worker of devices that are added, where nothing else names it. */
  readonly worker?: string;
}

/** A document that an import would write; null stands for none. */
export interface TextChange extends Pick<LabText, "kind" | "name"> {
  /** In the folder's layout. */
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface ImportPlan {
  readonly changes: readonly TextChange[];
  readonly before: LabFacts;
  readonly after: LabFacts;
  /** What an admin may wonder about. */
  readonly notes: readonly string[];
}

export interface CurrentLab {
  readonly texts: ReadonlyMap<string, Pick<DocumentRow, "kind" | "name"> & { readonly text: string }>;
  readonly facts: LabFacts;
  /** Names of the templates that came with Basalt. */
  readonly ownTemplates: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly users: ReadonlySet<string>;
}

export function textChanges(folder: LabFolder, current: CurrentLab, remove: boolean): readonly TextChange[] {
  const changes: TextChange[] = [];
  for (const { kind, name, text } of folder.texts.values()) {
    const before = current.texts.get(keyText({ kind, name }))?.text ?? null;
    if (before !== text) changes.push({ kind, name, path: pathOf({ kind, name }), before, after: text });
  }
  for (const { kind, name, text } of remove ? current.texts.values() : [])
    if (folder.covers.has(kind) && !folder.texts.has(keyText({ kind, name })))
      changes.push({ kind, name, path: pathOf({ kind, name }), before: text, after: null });
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Where in which file something is said, for complaints. */
type Place = (section: Section, name: string, field?: string) => string;

const placeIn =
  (labFile: LabFile | undefined, folder: LabFolder): Place =>
  (section, name, field) => {
    const locate: Locator | undefined = labFile?.locate;
    const named = (labFile?.wanted[section] as Record<string, object> | undefined)?.[name];
    if (labFile && locate && named && (field === undefined || field in named))
      return `${labFile.file}:${locate([section, name, ...(field === undefined ? [] : [field])], "key").line}`;
    return folder.texts.get(`device/${name}`)?.file ?? `${section} ${name}`;
  };

function wishesOf(folder: LabFolder): ReadonlyMap<string, DictionaryWishes> {
  const problems: string[] = [];
  const wishes = new Map<string, DictionaryWishes>();
  for (const { kind, name, text, file } of folder.texts.values()) {
    if (kind !== "device") continue;
    try {
      wishes.set(name, dictionaryWishes(text, file));
    } catch (error) {
      const { position, reason } = error as JinjaError;
      problems.push(`${file}:${position?.line ?? 1}: sync_to_lava: ${reason ?? toBasaltError(error).message}`);
    }
  }
  if (problems.length > 0) throw configurationError("ERR_SYNC_REFUSED", problems.join("\n"));
  return wishes;
}

interface Wanted {
  readonly workers: Record<string, object>;
  readonly device_types: Record<string, { aliases?: readonly string[] }>;
  readonly tags: Record<string, object>;
  readonly devices: Record<string, Partial<DeviceFacts>>;
}

/** What folder and flags imply, below what `lab.yaml` says. */
function impliedLab(
  folder: LabFolder,
  { file, current, choices, notes }: { file: WantedLab; current: CurrentLab; choices: ImportChoices; notes: string[] },
): WantedLab {
  const wanted: Wanted = { workers: {}, device_types: {}, tags: {}, devices: {} };
  const { facts } = current;
  for (const [name, { type, fields, aliases }] of wishesOf(folder)) {
    const known = facts.devices[name];
    const named = file.devices?.[name];
    if (!known && !named && !fields && !choices.create) {
      notes.push(
        `${folder.texts.get(`device/${name}`)?.file}: the lab has no device ${name}: --create adds it, or lab.yaml names it`,
      );
      continue;
    }
    const worker = known || choices.worker === undefined ? {} : { worker: choices.worker };
    const typed = known && !fields ? {} : type === undefined ? {} : { device_type: type };
    wanted.devices[name] = { ...worker, ...typed, ...fields };
    if (type !== undefined && aliases.length > 0)
      wanted.device_types[type] = { aliases: [...(facts.device_types[type]?.aliases ?? []), ...aliases] };
  }
  if (choices.create)
    for (const { kind, name } of folder.texts.values())
      if (["dispatcher", "env", "env-dut"].includes(kind) && name !== "" && !facts.workers[name])
        wanted.workers[name] = {};
  return wanted;
}

/** `lab.yaml` over what is implied, field by field. */
function laidOver(below: WantedLab, above: WantedLab): WantedLab {
  const sections = (["workers", "device_types", "tags", "devices"] as const).map((section) => {
    const [low, high] = [below[section] ?? {}, above[section] ?? {}] as Record<string, object>[];
    const names = [...new Set([...Object.keys(low ?? {}), ...Object.keys(high ?? {})])];
    return [section, Object.fromEntries(names.map((name) => [name, { ...low?.[name], ...high?.[name] }]))];
  });
  return Object.fromEntries(sections) as WantedLab;
}

interface Naming {
  readonly folder: LabFolder;
  readonly current: CurrentLab;
  readonly create: boolean;
}

/**
 * Tags that devices name are added by themselves, and types that have a template: one that has none may be a slip of the pen. Those, and
 * workers, are added only where they are wanted.
 */
function withNamed(wanted: WantedLab, { folder, current, create }: Naming): WantedLab {
  const { facts } = current;
  const hasTemplate = (type: string): boolean =>
    [folder.texts, current.texts].some((texts) => texts.has(keyText({ kind: "devicetype", name: type }))) ||
    current.ownTemplates.has(type);
  const types: Record<string, object> = { ...wanted.device_types };
  const tags: Record<string, object> = { ...wanted.tags };
  const workers: Record<string, object> = { ...wanted.workers };
  for (const { device_type, tags: names, worker } of Object.values(wanted.devices ?? {})) {
    if (device_type !== undefined && !facts.device_types[device_type] && (create || hasTemplate(device_type)))
      types[device_type] ??= {};
    for (const tag of names ?? []) if (!facts.tags[tag]) tags[tag] ??= {};
    if (create && worker && !facts.workers[worker]) workers[worker] ??= {};
  }
  return { ...wanted, device_types: types, tags, workers } as WantedLab;
}

const near = (name: string, known: Iterable<string>): string => {
  const found = closest(name, known);
  return found === undefined ? "" : `, did you mean ${found}?`;
};

/** What a thing of a section is called in words. */
const named: Readonly<Record<Section, string>> = {
  workers: "worker",
  device_types: "device type",
  tags: "tag",
  devices: "device",
};

function problemsOf(after: LabFacts, before: LabFacts, { current, place }: { current: CurrentLab; place: Place }) {
  const problems: string[] = [];
  const types = Object.keys(after.device_types);
  for (const [section, what] of Object.entries(named) as [Section, string][])
    for (const name of Object.keys(after[section])) {
      const problem = before[section][name] ? undefined : nameProblem(what, name);
      if (problem !== undefined) problems.push(`${place(section, name)}: ${problem}`);
    }
  for (const [name, device] of Object.entries<DeviceFacts>(after.devices)) {
    if (before.devices[name] && JSON.stringify(before.devices[name]) === JSON.stringify(device)) continue;
    const { device_type, worker, physical_owner, physical_group } = device;
    if (device_type === "")
      problems.push(
        `${place("devices", name)}: device ${name} has no device_type, and its dictionary extends no template`,
      );
    else if (!types.includes(device_type))
      problems.push(
        `${place("devices", name, "device_type")}: device ${name}: there is no type ${device_type}${near(device_type, [...types, ...current.ownTemplates]) || ": name it under device_types, or say --create"}`,
      );
    if (worker !== null && !after.workers[worker])
      problems.push(
        `${place("devices", name, "worker")}: device ${name}: there is no worker ${worker}${near(worker, Object.keys(after.workers)) || ": name it under workers, or say --create"}`,
      );
    if (physical_owner !== null && !current.users.has(physical_owner))
      problems.push(
        `${place("devices", name, "physical_owner")}: device ${name}: there is no user ${physical_owner}${near(physical_owner, current.users)}`,
      );
    if (physical_group !== null && !current.groups.has(physical_group))
      problems.push(
        `${place("devices", name, "physical_group")}: device ${name}: there is no group ${physical_group}${near(physical_group, current.groups)}`,
      );
  }
  for (const section of ["workers", "device_types", "devices"] as const)
    for (const [name, { permissions }] of Object.entries<{ readonly permissions: Permissions }>(after[section]))
      for (const group of Object.values(permissions).flat())
        if (group !== undefined && !current.groups.has(group))
          problems.push(
            `${place(section, name, "permissions")}: ${name}: there is no group ${group}${near(group, current.groups) || `: add it with 'basalt admin groups add ${group}'`}`,
          );
  const owners = new Map<string, string>();
  for (const [name, { aliases }] of Object.entries(after.device_types))
    for (const alias of aliases) {
      const other = owners.get(alias) ?? (types.includes(alias) ? alias : undefined);
      if (other !== undefined)
        problems.push(
          `${place("device_types", name, "aliases")}: ${alias} is an alias of ${name}, and names ${other}, too`,
        );
      owners.set(alias, name);
    }
  return problems;
}

/** What an import would do. @throws ERR_SYNC_REFUSED (configuration): all problems, one a line */
export function planImport(
  folder: LabFolder,
  labFile: LabFile | undefined,
  { current, choices }: { readonly current: CurrentLab; readonly choices: ImportChoices },
): ImportPlan {
  const notes: string[] = [];
  const file = labFile?.wanted ?? {};
  const changes = textChanges(folder, current, choices.remove);
  const implied = impliedLab(folder, { file, current, choices, notes });
  let wanted = withNamed(laidOver(implied, file), { folder, current, create: choices.create });
  const retired = changes.filter(
    ({ kind, name, after }) => kind === "device" && after === null && current.facts.devices[name],
  );
  if (retired.length > 0)
    wanted = laidOver(
      { devices: Object.fromEntries(retired.map(({ name }) => [name, { health: "Retired" as const }])) },
      wanted,
    );
  const after = withWanted(current.facts, wanted);
  const problems = problemsOf(after, current.facts, { current, place: placeIn(labFile, folder) });
  if (problems.length > 0)
    throw configurationError("ERR_SYNC_REFUSED", problems.join("\n"), { details: { problems: problems.length } });
  for (const [name, { health, device_type }] of Object.entries(after.devices))
    if (current.facts.devices[name]?.device_type !== device_type && current.facts.devices[name])
      notes.push(`device ${name} (${health}) becomes a ${device_type}`);
  return { changes, before: current.facts, after, notes };
}
