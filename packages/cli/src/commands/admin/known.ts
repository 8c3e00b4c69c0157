import { closest, configurationError } from "@basalt/core";
import type { Store } from "@basalt/server";

const things = {
  worker: { table: "workers", column: "name", list: "workers list" },
  device: { table: "devices", column: "name", list: "devices list --all" },
  "device type": { table: "device_types", column: "name", list: "device-types list --all" },
  user: { table: "users", column: "username", list: "users list" },
  group: { table: "groups", column: "name", list: "groups list" },
  tag: { table: "tags", column: "name", list: "tags list" },
} as const;

export type KnownThing = keyof typeof things;

/** An admin who mistypes a name is told the nearest. @throws ERR_ADMIN_UNKNOWN (configuration) */
export async function mustBeKnown(db: Store["knex"], thing: KnownThing, name: string): Promise<void> {
  const { table, column, list } = things[thing];
  if (
    await db(table)
      .where({ [column]: name })
      .first(column)
  )
    return;
  const near = closest(name, await db(table).orderBy(column).pluck<string[]>(column));
  const hint = near === undefined ? ":" : `, did you mean '${near}'?`;
  throw configurationError(
    "ERR_ADMIN_UNKNOWN",
    `there is no ${thing} '${name}'${hint} 'basalt admin ${list}' shows all`,
    {
      details: { thing, name, ...(near === undefined ? {} : { near }) },
    },
  );
}
