import type { Store } from "../store/store.js";
import { type CheckedTexts, checkTexts, type Texts } from "./check-texts.js";
import type { CheckHealthCheck } from "./health-check-job.js";
import { inDatabase, readCurrentLab } from "./import-folder.js";
import { keyText, type LabText } from "./layout.js";

/**
 * Checks one text among those of the database, as an import would; an empty one is taken away.
 * @throws ERR_SYNC_REFUSED (configuration) with file and line
 */
export async function checkText(store: Store, text: LabText, asJob: CheckHealthCheck): Promise<CheckedTexts> {
  const before: Texts = inDatabase(await readCurrentLab(store.knex));
  const after = new Map(before);
  if (text.text === "") after.delete(keyText(text));
  else after.set(keyText(text), text);
  return checkTexts(text.text === "" ? [] : [text], { before, after }, { asJob });
}

/** Every text of the database that can't be read or rendered, and every warning of one, in words. */
export async function checkAllTexts(store: Store, asJob: CheckHealthCheck): Promise<readonly string[]> {
  const all: Texts = inDatabase(await readCurrentLab(store.knex));
  const { problems, warnings } = await checkTexts(
    [...all.values()],
    { before: all, after: all },
    { asJob, refuse: false },
  );
  return [...problems, ...warnings];
}
