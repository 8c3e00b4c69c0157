import type { Knex } from "knex";
import { readDocument, writeDocument } from "../devices/index.js";
import { writeNotes } from "../jobs/log-entries.js";
import { notifyDevices, notifyPeople, notifySchedule, notifyWorkers } from "../jobs/notify.js";
import type { Person } from "../people/rights.js";
import { setWorkerHealth } from "../states/index.js";
import { isUniqueViolation } from "../store/errors.js";
import { type DeviceRow, type WorkerRow, workerHealths } from "../store/rows.js";
import { badRequest, conflict } from "../submit/refusals.js";
import { exists, given, has, missing, mustBe, mustBeName, mustBeSuperuser } from "./access.js";
import type { Context } from "./context.js";
import { historyOf } from "./history.js";
import { checkLabText } from "./lab-text.js";
import { readPage } from "./page.js";
import { sql } from "./sql.js";
import type { Asker, Page, WorkerService, WorkerView } from "./types.js";
import { devicesVisible, jobsVisible, workersVisible } from "./visible.js";
import { workerListing } from "./worker-listing.js";

export function makeWorkerService(context: Context): WorkerService {
  const { store, rights } = context;

  async function find(asker: Asker, name: string) {
    const known = await rights.now();
    const row = await store.knex<WorkerRow>("workers").where({ name }).first("name");
    if (!row || !known.mayView(asker, "worker", name)) throw missing("worker", name);
    return known;
  }

  async function findToChange(asker: Asker, name: string, doing: string): Promise<Person> {
    const known = await find(asker, name);
    return mustBe(asker, known.mayChange(asker, "worker", name), `${doing} worker ${name}`);
  }

  /** Devices and jobs that may not be seen are not named either. */
  async function read(asker: Asker, where: Parameters<typeof readPage>[2]): Promise<Page<WorkerView>> {
    const known = await rights.now();
    const page = await readPage<WorkerView>(store.knex, workerListing, where);
    const devices = page.items.flatMap((worker) => worker.devices);
    const jobs = page.items.flatMap((worker) => worker.jobs);
    const seenDevices = await seen(store.knex, "devices", devices, devicesVisible(known, asker, "devices"));
    const seenJobs = await seen(store.knex, "jobs", jobs, jobsVisible(known, asker));
    return {
      count: page.count,
      items: page.items.map((worker) => ({
        ...worker,
        devices: worker.devices.filter((name) => seenDevices.has(name)),
        jobs: worker.jobs.filter((id) => seenJobs.has(id)),
      })),
    };
  }

  async function announce(trx: Knex.Transaction, name: string, author: string, messages: readonly string[]) {
    await writeNotes(
      trx,
      author,
      messages.map((message) => ({ kind: "worker", object: name, message })),
    );
    const row = await trx<WorkerRow>("workers").where({ name }).first("name", "state", "health");
    if (row) await notifyWorkers(trx, [{ name, state: row.state, health: row.health }]);
    await notifySchedule(trx);
  }

  async function mayChangeConfig(asker: Asker, name: string, doing: string): Promise<Person> {
    return name === "" ? mustBeSuperuser(asker, `${doing} of all workers`) : findToChange(asker, name, doing);
  }

  return {
    async list(asker, query) {
      return read(asker, { query, where: workersVisible(await rights.now(), asker, "workers.name") });
    },
    async get(asker, name) {
      await find(asker, name);
      const { items } = await read(asker, { query: { limit: 1 }, where: sql("workers.name = ?", name) });
      if (!items[0]) throw missing("worker", name);
      return items[0];
    },
    async add(asker, name, { description = "", disabled = false, job_limit = 0, ...options }) {
      const health = disabled ? "Retired" : (options.health ?? "Active");
      const person = mustBe(asker, has(asker, "add_worker"), `adding worker ${name}`);
      mustBeName("worker", name);
      try {
        await store.transaction(async (trx) => {
          await trx("workers").insert({ name, description, job_limit, health });
          await announce(trx, name, person.username, [health === "Active" ? "Added" : `Added (${health})`]);
        });
      } catch (error) {
        throw isUniqueViolation(error) ? exists("worker", name) : error;
      }
    },
    async update(asker, name, { description, job_limit }) {
      const person = await findToChange(asker, name, "changing");
      const changes = given({ description, job_limit });
      if (Object.keys(changes).length === 0) return;
      await store.transaction(async (trx) => {
        await trx("workers").where({ name }).update(changes);
        await announce(trx, name, person.username, [`Changed ${Object.keys(changes).join(", ")}`]);
      });
    },
    async remove(asker, name) {
      await find(asker, name);
      const person = mustBe(asker, has(asker, "delete_worker"), `removing worker ${name}`);
      await store.transaction(async (trx) => {
        await trx("workers").where({ name }).forUpdate().first("name");
        const job = await trx("jobs")
          .where({ worker: name })
          .whereNot({ state: "Finished" })
          .first<{ id: number } | undefined>("id");
        if (job) throw conflict("ERR_IN_USE", `worker ${name} has jobs, such as ${job.id}: cancel them or wait`);
        await trx("object_permissions").where({ kind: "worker", object: name }).delete();
        await trx("workers").where({ name }).delete();
        await announce(trx, name, person.username, ["Removed"]);
        await notifyPeople(trx);
      });
      rights.forget();
    },
    async setHealth(asker, name, health, reason) {
      const person = await findToChange(asker, name, "setting the health of");
      if (!workerHealths.includes(health))
        throw badRequest("ERR_HEALTH", `health: '${health}' is none: expected one of ${workerHealths.join(", ")}`, {
          details: { field: "health" },
        });
      await store.transaction(async (trx) => {
        const row = await trx<WorkerRow>("workers").where({ name }).forUpdate().first("name", "state", "health");
        if (!row || row.health === health) return;
        const devices = await trx<DeviceRow>("devices").where({ worker: name }).orderBy("name").forUpdate().select();
        const made = setWorkerHealth(row, devices, health, reason);
        await trx("workers").where({ name }).update({ health });
        for (const device of made.devices)
          await trx("devices").where({ name: device.name }).update({ health: device.health });
        await writeNotes(
          trx,
          person.username,
          made.notes.filter(({ kind }) => kind === "device"),
        );
        const moved = await trx<DeviceRow>("devices")
          .whereIn(
            "name",
            made.devices.map((device) => device.name),
          )
          .select("name", "state", "health");
        await notifyDevices(trx, moved);
        const own = made.notes.filter(({ kind }) => kind === "worker").map(({ message }) => message);
        await announce(trx, name, person.username, own);
      });
    },
    async config(asker, name, kind) {
      if (name !== "") await find(asker, name);
      else mustBeSuperuser(asker, `reading the ${kind} of all workers`);
      return readDocument(store.knex, kind, name);
    },
    async setConfig(asker, name, kind, text, reason) {
      const person = await mayChangeConfig(asker, name, `writing the ${kind}`);
      await checkLabText(context, { kind, name, text: text ?? "" });
      await store.transaction((trx) =>
        writeDocument(trx, {
          kind,
          name,
          text: text === "" ? null : text,
          author: person.username,
          ...(reason === undefined ? {} : { reason }),
        }),
      );
    },
    async history(asker, name) {
      await find(asker, name);
      const kinds = ["dispatcher", "env", "env-dut"];
      return historyOf(
        store.knex,
        "worker",
        name,
        kinds.map((kind) => `${kind}/${name}`),
      );
    },
  };
}

/** Those of some rows that a condition lets through. */
async function seen<Key extends string | number>(
  db: Knex,
  table: "devices" | "jobs",
  keys: readonly Key[],
  where: ReturnType<typeof sql>,
): Promise<ReadonlySet<Key>> {
  if (keys.length === 0 || where.text === "true") return new Set(keys);
  const column = table === "jobs" ? "id" : "name";
  const type = table === "jobs" ? "int" : "text";
  const { rows } = (await db.raw(
    `select ${table}.${column} as key from ${table} where ${table}.${column} = any(?::${type}[]) and (${where.text})`,
    [[...keys], ...where.values] as never[],
  )) as { rows: { key: Key }[] };
  return new Set(rows.map(({ key }) => key));
}
