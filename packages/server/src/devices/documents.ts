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

/** SQL for how many revisions there are, and the newest: who reads something else anyway can read it along, for {@link DocumentCache.refresh}. */
export const documentsSeen = "(select count(*) || ' ' || coalesce(max(id), 0) from documents)";

/** All current texts of some kinds, in memory, as the database had them at the last {@link DocumentCache.refresh}. */
export class DocumentCache {
  readonly #texts = new Map<string, { readonly id: number; readonly text: string | null }>();
  /** How many revisions there were, and the newest: a new one shows, whenever it was committed. */
  #seen = "";
  #generation = 0;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;

  constructor(
    private readonly store: Store,
    private readonly kinds: readonly DocumentKind[],
  ) {}

  /** Counts up with each change. */
  get generation(): number {
    return this.#generation;
  }

  /**
   * Reads what is new: everything that was committed before the call. Those who call at the same time share the work; two readings never
   * overlap, so that an older one can't undo a newer.
   * @param seen what {@link documentsSeen} gave a moment ago; asked for otherwise
   * @returns whether something changed
   */
  refresh(seen?: string): Promise<boolean> {
    if (seen !== undefined && seen === this.#seen) return Promise.resolve(false);
    if (this.#next) return this.#next;
    const before = this.#running ?? Promise.resolve(false);
    const next = before
      .catch(() => false)
      .then(() => {
        this.#next = undefined;
        this.#running = this.#read();
        return this.#running;
      });
    this.#next = next;
    return next;
  }

  async #read(): Promise<boolean> {
    const { knex } = this.store;
    const { rows: facts } = (await knex.raw(`select ${documentsSeen} as seen`)) as { rows: { seen: string }[] };
    const seen = facts[0]?.seen ?? "";
    if (seen === this.#seen) return false;
    // by revision, not by the highest id known: transactions commit in another order than they took their ids
    const heads: Pick<DocumentRow, "id" | "kind" | "name">[] = await knex<DocumentRow>("documents")
      .where({ current: true })
      .whereIn("kind", [...this.kinds])
      .select("id", "kind", "name");
    const fresh = heads.filter(({ id, kind, name }) => this.#texts.get(`${kind}/${name}`)?.id !== id);
    if (fresh.length > 0) {
      const rows: Pick<DocumentRow, "id" | "kind" | "name" | "text">[] = await knex<DocumentRow>("documents")
        .whereRaw("id = any(?)", [fresh.map(({ id }) => id)])
        .select("id", "kind", "name", "text");
      for (const { id, kind, name, text } of rows) this.#texts.set(`${kind}/${name}`, { id, text });
    }
    const there = new Set(heads.map(({ kind, name }) => `${kind}/${name}`));
    const gone = [...this.#texts.keys()].filter((key) => !there.has(key));
    for (const key of gone) this.#texts.delete(key);
    const changed = fresh.length + gone.length > 0;
    if (changed) this.#generation++;
    this.#seen = seen;
    return changed;
  }

  text(kind: DocumentKind, name: string): string | undefined {
    return this.#texts.get(`${kind}/${name}`)?.text ?? undefined;
  }

  /** Whether there is any text of a kind. */
  has(kind: DocumentKind): boolean {
    for (const [key, { text }] of this.#texts) if (text !== null && key.startsWith(`${kind}/`)) return true;
    return false;
  }
}
