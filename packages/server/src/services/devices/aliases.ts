import type { Knex } from "knex";
import { conflict } from "../../submit/refusals.js";
import { mustBeName } from "../access.js";

/** A type's aliases from now on. @throws ERR_EXISTS (409) for a name that is a type's or another type's alias */
export async function setAliases(trx: Knex.Transaction, type: string, aliases: readonly string[]): Promise<void> {
  const names = [...new Set(aliases)].map((name) => mustBeName("alias", name));
  await trx("aliases").where({ device_type: type }).whereNotIn("name", names).delete();
  for (const name of names) {
    const other = await trx("aliases").where({ name }).first<{ device_type: string } | undefined>("device_type");
    if (other?.device_type === type) continue;
    if (other) throw conflict("ERR_EXISTS", `'${name}' is an alias of ${other.device_type} already`);
    if (await trx("device_types").where({ name }).first("name"))
      throw conflict("ERR_EXISTS", `'${name}' can't be an alias: there is a device type of that name`);
    await trx("aliases").insert({ name, device_type: type });
  }
}
