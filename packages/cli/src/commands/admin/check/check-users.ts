import { healthUser, type Store, type UserRow } from "@basalt/server";
import { type Finding, hint, named, ok, problem } from "./finding.js";

/** Somebody who can do everything, and nobody who cannot log in. */
export async function checkUsers(store: Store): Promise<readonly Finding[]> {
  const users: UserRow[] = await store
    .knex<UserRow>("users")
    .where({ is_active: true })
    .whereNot({ username: healthUser })
    .orderBy("username");
  const findings: Finding[] = [];
  if (!users.some(({ is_superuser, password_hash }) => is_superuser && password_hash !== null))
    findings.push(problem("users", "no superuser can log in", "basalt admin users add NAME --superuser"));
  const mute = users.filter(({ password_hash }) => password_hash === null).map(({ username }) => username);
  if (mute.length > 0)
    findings.push(
      hint(
        "users",
        `${named(mute)} without a password`,
        "basalt admin users passwd NAME, or users update NAME --not-active",
      ),
    );
  return findings.length > 0 ? findings : [ok("users", `${users.length} can log in`)];
}
