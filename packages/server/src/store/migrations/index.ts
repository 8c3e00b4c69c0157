import type { Knex } from "knex";
import * as first from "./0001-first.js";
import * as lastServed from "./0002-last-served.js";

/** One step of the schema. Names are written into the database: they never change. */
export interface Migration {
  readonly name: string;
  up(knex: Knex): Promise<void>;
  down(knex: Knex): Promise<void>;
}

/** All steps, oldest first. In code, not read from a folder: the command is one bundle. */
export const migrations: readonly Migration[] = [
  { name: "0001-first", up: first.up, down: first.down },
  { name: "0002-last-served", up: lastServed.up, down: lastServed.down },
];
