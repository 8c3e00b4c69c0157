import { migrationTables } from "../migrate.js";
import type { SequenceEntry } from "./manifest.js";

/** What the questions below need of a connection: a `pg` client, in or out of a transaction. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ readonly rows: readonly Record<string, unknown>[] }>;
}

/** Our tables with their columns, both in a fixed order; knex's own are not among them. */
export async function tablesOf(
  client: Queryable,
): Promise<readonly { readonly name: string; readonly columns: readonly string[] }[]> {
  const { rows } = await client.query(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
       from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace
        and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' and c.relname <> all($1)
      group by c.relname order by c.relname`,
    [[...migrationTables]],
  );
  return rows.map(({ name, columns }) => ({ name: String(name), columns: (columns as unknown[]).map(String) }));
}

export async function sequencesOf(client: Queryable): Promise<readonly SequenceEntry[]> {
  const { rows } = await client.query(
    `select sequencename::text as name, last_value as value from pg_sequences
      where schemaname = current_schema() and sequencename <> all($1) order by sequencename`,
    [migrationTables.flatMap((name) => [`${name}_id_seq`, `${name}_index_seq`])],
  );
  return rows.map(({ name, value }) => ({ name: String(name), value: value === null ? null : Number(value) }));
}

/** Each foreign key as the statements that drop it and put it back. */
export async function foreignKeysOf(
  client: Queryable,
): Promise<readonly { readonly drop: string; readonly add: string }[]> {
  const { rows } = await client.query(
    `select format('alter table %s drop constraint %I', conrelid::regclass, conname) as drop,
            format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as add
       from pg_constraint where contype = 'f' and connamespace = current_schema()::regnamespace order by conrelid::regclass::text, conname`,
  );
  return rows.map(({ drop, add }) => ({ drop: String(drop), add: String(add) }));
}

export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** So that what COPY writes does not depend on the server's settings. */
export const plainFormats =
  "set local timezone = 'UTC'; set local datestyle = 'ISO, MDY'; set local intervalstyle = 'postgres'; set local bytea_output = 'hex'; set local extra_float_digits = 1";
