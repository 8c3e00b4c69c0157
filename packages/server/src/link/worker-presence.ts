import type { Clock, DaemonLog } from "@basalt/core";
import type { Knex } from "knex";
import { writeNotes } from "../jobs/log-entries.js";
import { notifySchedule, notifyWorkers } from "../jobs/notify.js";
import { type WorkerEvent, workerTransition } from "../states/index.js";
import type { WorkerRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import type { LinkBackend } from "./link-backend.js";

export interface WorkerPresenceOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** This server process, as the table `servers` knows it. */
  readonly serverId: string;
  /** Workers that nobody added are added when they say hello. */
  readonly autoRegister: boolean;
  /** Seconds between a worker's PINGs. */
  readonly pingInterval?: number;
}

/** Who is there, in the table of workers. */
export interface WorkerPresence extends Pick<LinkBackend, "workerHello" | "workerGone"> {
  seen(name: string): Promise<void>;
  /** Whatever connection it has now. */
  lost(name: string): Promise<void>;
}

const author = "link";

/** See {@link WorkerPresence}. Its jobs are not touched: they go on without the link. */
export function makeWorkerPresence(options: WorkerPresenceOptions): WorkerPresence {
  const { store, clock, log, serverId, autoRegister, pingInterval = 5 } = options;
  const now = (): Date => new Date(clock.now());
  /** What is being written of workers that spoke: a goodbye that came later has the last word. */
  const seeing = new Map<string, Promise<unknown>>();
  /** The row of this server may be gone, where others took it for dead: nothing hangs on it. */
  const thisServer = () => store.knex.raw("(select id from servers where id = ?)", [serverId]);
  const lock = (trx: Knex.Transaction, name: string): Promise<WorkerRow | undefined> =>
    trx<WorkerRow>("workers").where({ name }).forUpdate().first();

  async function apply(trx: Knex.Transaction, row: WorkerRow, event: WorkerEvent): Promise<void> {
    const made = workerTransition(row, event);
    if (!made) return;
    await trx("workers").where({ name: row.name }).update({ state: made.state });
    await writeNotes(trx, author, made.notes);
    await notifyWorkers(trx, [{ name: row.name, state: made.state, health: row.health }]);
    if (event === "seen") await notifySchedule(trx);
    log.info(`worker ${row.name}: ${made.notes[0]?.message ?? made.state}`, { worker: row.name });
  }

  return {
    workerHello: (name, version, session) =>
      store.transaction(async (trx) => {
        let row = await lock(trx, name);
        if (!row && autoRegister) {
          await trx("workers").insert({ name, description: "" }).onConflict("name").ignore();
          await writeNotes(trx, author, [{ kind: "worker", object: name, message: "Added: it said hello" }]);
          row = await lock(trx, name);
        }
        if (!row)
          return {
            ok: false,
            code: "ERR_WORKER_UNKNOWN",
            message: `there is no worker ${name} here: add it with 'basalt admin workers add ${name}'`,
          };
        await trx("workers").where({ name }).update({ version, session, server: thisServer(), last_ping: now() });
        await apply(trx, row, "seen");
        return { ok: true, interval: pingInterval };
      }),
    async seen(name) {
      const work = store.transaction(async (trx) => {
        const [row] = await trx<WorkerRow>("workers")
          .where({ name })
          .update({ last_ping: now(), server: thisServer() })
          .returning("*");
        if (row) await apply(trx, row, "seen");
      });
      const written: Promise<void> = Promise.allSettled([seeing.get(name), work]).then(() => {
        if (seeing.get(name) === written) seeing.delete(name);
      });
      seeing.set(name, written);
      await work;
    },
    async workerGone(name, session) {
      await seeing.get(name);
      await store.transaction(async (trx) => {
        const row = await lock(trx, name);
        // it may have another connection by now, to this server or another
        if (row && row.session === session) await apply(trx, row, "lost");
      });
    },
    lost: (name) =>
      store.transaction(async (trx) => {
        const row = await lock(trx, name);
        if (row) await apply(trx, row, "lost");
      }),
  };
}
