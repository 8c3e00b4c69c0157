import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { asText, isJsonObject } from "@basalt/core";
import { type Services, systemAdmin } from "@basalt/server";

/** Who may do everything in a lab of one machine. */
export interface LabLogin {
  readonly username: string;
  readonly password: string;
  readonly token: string;
  /** Where it is kept, 0600. */
  readonly file: string;
}

const fileName = "login.json";
const username = "admin";

async function readLogin(file: string): Promise<LabLogin | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const value: unknown = JSON.parse(text);
  if (!isJsonObject(value)) return undefined;
  const [password, token] = [asText(value.password), asText(value.token)];
  return password === undefined || token === undefined ? undefined : { username, password, token, file };
}

/** The lab's login: made at its first start, the same at all others. */
export async function labLogin({ people }: Pick<Services, "people">, stateFolder: string): Promise<LabLogin> {
  const file = join(stateFolder, fileName);
  const known = await readLogin(file);
  if (known && (await people.byToken(known.token))) return known;
  const there = (await people.users(systemAdmin, { limit: 1_000 })).items.some((user) => user.username === username);
  if (there) await people.removeUser(systemAdmin, username);
  const { password = "" } = await people.addUser(systemAdmin, username, { is_superuser: true, is_staff: true });
  const { token } = await people.addToken(systemAdmin, { username, description: "basalt lab" });
  await writeFile(file, `${JSON.stringify({ username, password, token })}\n`, { mode: 0o600 });
  return { username, password, token, file };
}
