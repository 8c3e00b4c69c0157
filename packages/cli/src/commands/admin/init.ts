import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { makeStateFolder } from "../../settings/make-state-folder.js";
import type { Runners } from "./group.js";
import type { Admin } from "./session.js";

async function init(
  { services, store, settings, asker, out }: Admin,
  { superuser = "admin" }: { readonly superuser?: string },
): Promise<void> {
  await makeStateFolder(settings.stateFolder);
  await mkdir(join(settings.stateFolder, "logs"), { recursive: true, mode: 0o750 });
  out.say(`the database is ready: PostgreSQL ${store.serverVersion} (${store.kind}) at ${store.url}`);
  const known = (await store
    .knex("users")
    .where({ is_superuser: true, is_active: true })
    .orderBy("id")
    .pluck("username")) as string[];
  if (known.length > 0) {
    out.say(
      `there is a superuser already: ${known.join(", ")} ('basalt admin users passwd NAME' gives a new password)`,
    );
    return;
  }
  const { password } = await services.people.addUser(asker, superuser, { is_superuser: true, is_staff: true });
  if (out.json) return out.show({ username: superuser, password });
  out.say(`superuser ${superuser}, password: ${password}`);
  out.say(`next: basalt server --state-folder ${settings.stateFolder}`);
}

/** `basalt admin init` */
export function addInit(admin: Command, { run }: Runners): void {
  admin
    .command("init")
    .description(
      "make an instance, or bring its database up to date; a first superuser is made and their password printed",
    )
    .option("--superuser <name>", "the first superuser's name (default: admin)")
    .action((options: { superuser?: string }) => run((session) => init(session, options), { init: true }));
}
