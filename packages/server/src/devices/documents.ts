import type { Knex } from "knex";
import { channels } from "../jobs/channels.js";
import type { DocumentKind, DocumentRow } from "../store/rows.js";
import type { Store } from "../store/store.js";

export interface NewRevision {
  readonly kind: DocumentKind;
  readonly name: string;
  /** Null deletes it. */
  readonly text: string | null;
  readonly author: string;
  readonly reason?: string;
}

/**
 * Writes a document's next revision; the old ones stay. A text that is the same as now writes nothing.
 * @returns the revision that is current afterwards; undefined where there was none and none was written
 */
export async function writeDocument(
  trx: Knex.Transaction,
  { kind, name, text, author, reason = "" }: NewRevision,
): Promise<number | undefined> {
  // one writer of a document at a time, also of one that has no row yet to be locked
  await trx.raw("select pg_advisory_xact_lock(hashtextextended(?, 0))", [`document ${kind} ${name}`]);
  const last = await trx<DocumentRow>("documents").where({ kind, name, current: true }).first("revision", "text");
  if ((last?.text ?? null) === text) return last?.revision;
  await trx<DocumentRow>("documents").where({ kind, name, current: true }).update({ current: false });
  const revision = (last?.revision ?? 0) + 1;
  await trx("documents").insert({ kind, name, revision, text, author, reason, current: true });
  await trx("log_entries").insert({
    author,
    kind: "document",
    object: `${kind}/${name}`,
    message: `revision ${revision}${text === null ? ": deleted" : ""}${reason === "" ? "" : ` (${reason})`}`,
  });
  await trx.raw("select pg_notify(?, ?)", [channels.documents, JSON.stringify({ kind, name, revision })]);
  return revision;
}

/** The current text; undefined where there is none. */
export async function readDocument(db: Knex, kind: DocumentKind, name: string): Promise<string | undefined> {
  const row = await db<DocumentRow>("documents").where({ kind, name, current: true }).first("text");
  return row?.text ?? undefined;
}

/** All current texts of some kinds, in memory, as the database had them at the last {@link DocumentCache.refresh}. */
export class DocumentCache {
  readonly #texts = new Map<string, string>();
  #newest = 0;
  /** How many revisions there were: none is ever removed, so a new one shows, whatever its id. */
  #count = -1;
  #generation = 0;

  constructor(
    private readonly store: Store,
    private readonly kinds: readonly DocumentKind[],
  ) {}

  /** Counts up with each change. */
  get generation(): number {
    return this.#generation;
  }

  /** Reads what is new: every revision has a higher id than those before it. @returns whether something changed */
  async refresh(db: Knex = this.store.knex): Promise<boolean> {
    const [{ count }] = (await db("documents").count({ count: "*" })) as [{ count: number }];
    if (count === this.#count) return false;
    const rows: DocumentRow[] = await db<DocumentRow>("documents")
      // a transaction that began earlier may commit later with lower ids: look back a little
      .where("id", ">", Math.max(0, this.#newest - 1_000))
      .whereIn("kind", [...this.kinds])
      .where({ current: true })
      .orderBy("id")
      .select("id", "kind", "name", "text");
    let changed = false;
    for (const { id, kind, name, text } of rows) {
      const key = `${kind}/${name}`;
      if ((text ?? undefined) !== this.#texts.get(key)) {
        changed = true;
        if (text === null) this.#texts.delete(key);
        else this.#texts.set(key, text);
      }
      if (id > this.#newest) this.#newest = id;
    }
    this.#count = count;
    if (changed) this.#generation++;
    return changed;
  }

  text(kind: DocumentKind, name: string): string | undefined {
    return this.#texts.get(`${kind}/${name}`);
  }

  /** Whether there is any text of a kind. */
  has(kind: DocumentKind): boolean {
    for (const key of this.#texts.keys()) if (key.startsWith(`${kind}/`)) return true;
    return false;
  }
}
