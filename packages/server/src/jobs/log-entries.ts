import type { Knex } from "knex";
import type { Note } from "../states/index.js";

/** Writes notes to the admin log. */
export async function writeNotes(db: Knex | Knex.Transaction, author: string, notes: readonly Note[]): Promise<void> {
  if (notes.length === 0) return;
  await db("log_entries").insert(notes.map((note) => ({ author, ...note })));
}
