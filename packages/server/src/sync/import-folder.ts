import { readdir } from "node:fs/promises";
import { ownTemplatesFolder } from "@basalt/device-types";
import type { Knex } from "knex";
import { writeDocument } from "../devices/documents.js";
import type { DocumentRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { checkTexts, type Texts } from "./check-texts.js";
import type { CheckHealthCheck } from "./health-check-job.js";
import { readLabFacts } from "./lab-facts.js";
import { labFileText, readLabFile } from "./lab-file.js";
import { keyText, type LabText } from "./layout.js";
import { moreTemplates } from "./more-templates.js";
import { type CurrentLab, type ImportChoices, type ImportPlan, planImport, type TextChange } from "./plan-import.js";
import { type LabFolder, readLabFolder } from "./read-folder.js";
import { type WrittenBy, writeFacts } from "./write-facts.js";

export interface SyncOptions extends WrittenBy {
  readonly folder: string;
  /** Where paths in messages begin. */
  readonly cwd: string;
  /** Nothing is written. */
  readonly dryRun: boolean;
}

export interface ImportOptions extends SyncOptions, ImportChoices {
  /** Folders to take templates from that the folder's need and nobody has. */
  readonly templates: readonly string[];
  readonly asJob: CheckHealthCheck;
}

/** What a sync changed, or would: texts, and `lab.yaml` of before and after for what no text holds. */
export interface SyncReport {
  readonly changes: readonly TextChange[];
  readonly lab: { readonly before: string; readonly after: string };
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
}

/** Held by whoever syncs: two at a time would mix. */
export const syncLock = "basalt admin sync";

/** What the database holds now. */
export async function readCurrentLab(db: Knex): Promise<CurrentLab> {
  const rows = await db<DocumentRow>("documents")
    .where({ current: true })
    .whereNotNull("text")
    .orderBy(["kind", "name"]);
  return {
    texts: new Map(rows.map(({ kind, name, text }) => [keyText({ kind, name }), { kind, name, text: text ?? "" }])),
    facts: await readLabFacts(db),
    ownTemplates: new Set(
      (await readdir(ownTemplatesFolder())).flatMap((file) => /^(.+)\.jinja2$/.exec(file)?.[1] ?? []),
    ),
    groups: new Set(await db("groups").pluck<string[]>("name")),
    users: new Set(await db("users").pluck<string[]>("username")),
  };
}

/** Texts of the database, named for messages. */
export const inDatabase = ({ texts }: CurrentLab): Texts =>
  new Map([...texts].map(([key, text]) => [key, { ...text, file: `${key} (in the database)` }]));

async function withMoreTemplates(
  folder: LabFolder,
  current: CurrentLab,
  templates: readonly string[],
): Promise<LabFolder> {
  const has = (name: string): boolean =>
    folder.texts.has(`devicetype/${name}`) || current.texts.has(`devicetype/${name}`);
  const more = templates.length === 0 ? [] : await moreTemplates(folder.texts.values(), templates, has);
  return { ...folder, texts: new Map([...folder.texts, ...more.map((text) => [keyText(text), text] as const)]) };
}

function textsAfter(before: Texts, folder: LabFolder, { changes }: ImportPlan): Texts {
  const after = new Map(before);
  for (const [key, text] of folder.texts) after.set(key, text);
  for (const change of changes) if (change.after === null) after.delete(keyText(change));
  return after;
}

/**
 * Brings a folder of LAVA's layout into the database, in one transaction: all of it or nothing. Texts become new revisions.
 * @throws ERR_SYNC_* and ERR_YAML_* (configuration) with files and lines; nothing is written then
 */
export async function importFolder(store: Store, options: ImportOptions): Promise<SyncReport> {
  const { folder: path, cwd, dryRun, templates, asJob, author, reason } = options;
  const read = await readLabFolder(path, cwd);
  const labFile = read.labFile && (await readLabFile(read.labFile.file, read.labFile.text));
  return store.withAdvisoryLock(syncLock, async (trx) => {
    const current = await readCurrentLab(trx);
    const folder = await withMoreTemplates(read, current, templates);
    const plan = planImport(folder, labFile, { current, choices: options });
    const before = inDatabase(current);
    const changed = plan.changes.flatMap((change): LabText[] => {
      const text = change.after === null ? undefined : folder.texts.get(keyText(change));
      return text ? [text] : [];
    });
    const { warnings } = await checkTexts(changed, { before, after: textsAfter(before, folder, plan) }, { asJob });
    if (!dryRun) {
      await writeFacts(trx, plan, { author, reason });
      for (const { kind, name, after: text } of plan.changes)
        await writeDocument(trx, { kind, name, text, author, reason });
    }
    return {
      changes: plan.changes,
      lab: {
        before: labFileText(plan.before, { experience: true }),
        after: labFileText(plan.after, { experience: true }),
      },
      notes: plan.notes,
      warnings,
    };
  });
}
