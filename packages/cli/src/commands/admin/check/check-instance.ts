import { toBasaltError } from "@basalt/core";
import { type Store, schemaFacts } from "@basalt/server";
import type { Io } from "../../../io.js";
import type { ServerSettings } from "../../../settings/server-settings.js";
import { openAdminStore } from "../open-store.js";
import { checkClock } from "./check-clock.js";
import { checkDatabase, readServers } from "./check-database.js";
import { checkFolders } from "./check-folders.js";
import { checkKeys } from "./check-keys.js";
import { checkDevices, checkWorkers } from "./check-lab.js";
import { checkPorts } from "./check-ports.js";
import { checkTexts } from "./check-texts.js";
import { checkUsers } from "./check-users.js";
import { type Finding, problem } from "./finding.js";

/** What failed itself is a finding, too: the rest is still looked at. */
async function attempt(area: string, look: () => Promise<readonly Finding[]>): Promise<readonly Finding[]> {
  try {
    return await look();
  } catch (error) {
    return [problem(area, toBasaltError(error).message, "mend that first, then check again")];
  }
}

async function open(settings: ServerSettings, io: Io): Promise<Store | Finding> {
  try {
    return await openAdminStore(settings, io, { anySchema: true });
  } catch (error) {
    const { message, code } = toBasaltError(error);
    return problem("database", `${message} (${code})`, "nothing that needs it could be looked at");
  }
}

/** Looks at everything; changes nothing. */
export async function checkInstance(settings: ServerSettings, io: Io): Promise<readonly Finding[]> {
  const findings = [...(await attempt("folders", () => checkFolders(settings)))];
  const store = await open(settings, io);
  if ("level" in store)
    return [
      ...findings,
      ...(await attempt("keys", () => checkKeys(settings, undefined))),
      store,
      ...(await attempt("ports", () => checkPorts(settings, undefined))),
    ];
  await using _store = store;
  findings.push(...(await attempt("database", () => checkDatabase(store))));
  const { pending, newer } = await schemaFacts(store.knex);
  if (pending.length > 0 || newer.length > 0) return findings;
  const servers = await readServers(store, settings.stateFolder);
  const looks: readonly (readonly [string, () => Promise<readonly Finding[]>])[] = [
    ["keys", () => checkKeys(settings, servers)],
    ["ports", () => checkPorts(settings, servers)],
    ["clock", () => checkClock(store, io)],
    ["workers", () => checkWorkers(store, servers)],
    ["devices", () => checkDevices(store)],
    ["texts", () => checkTexts(store, settings, io)],
    ["users", () => checkUsers(store)],
  ];
  for (const [area, look] of looks) findings.push(...(await attempt(area, look)));
  return findings;
}
