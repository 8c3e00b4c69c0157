import { readDocument, writeDocument } from "../../devices/index.js";
import { notifyPeople } from "../../jobs/notify.js";
import type { Person, Rights } from "../../people/rights.js";
import { setDeviceHealth } from "../../states/index.js";
import { isUniqueViolation } from "../../store/errors.js";
import { type DeviceHealth, type DeviceRow, deviceHealths } from "../../store/rows.js";
import { badRequest, conflict } from "../../submit/refusals.js";
import { exists, has, missing, mustBe, mustBeName } from "../access.js";
import type { Context } from "../context.js";
import { historyOf } from "../history.js";
import { checkLabText } from "../lab-text.js";
import { readPage } from "../page.js";
import { allOf, always, sql } from "../sql.js";
import type { Asker, DeviceService, DeviceView } from "../types.js";
import { devicesVisible } from "../visible.js";
import { deviceListing } from "./device-listing.js";
import { announceDevice, deviceColumns, setDeviceTags, unknown } from "./write-device.js";

export function makeDeviceService(context: Context): DeviceService {
  const { store, rights, configs, life } = context;

  async function find(asker: Asker, name: string): Promise<{ readonly row: DeviceRow; readonly rights: Rights }> {
    const known = await rights.now();
    const row = await store.knex<DeviceRow>("devices").where({ name }).first();
    if (!row || !known.mayViewDevice(asker, row)) throw missing("device", name);
    return { row, rights: known };
  }

  async function findToChange(asker: Asker, name: string, doing: string): Promise<Person> {
    const { row, rights: known } = await find(asker, name);
    return mustBe(asker, known.mayChangeDevice(asker, row), `${doing} device ${name}`);
  }

  const service: DeviceService = {
    async list(asker, { all = false, ...query }) {
      const known = await rights.now();
      const where = allOf([
        devicesVisible(known, asker, "devices"),
        all || query.filters?.some(({ field }) => field[0] === "health") ? always : sql("devices.health <> 'Retired'"),
      ]);
      return readPage<DeviceView>(store.knex, deviceListing, { query, where });
    },
    async get(asker, name) {
      await find(asker, name);
      const where = sql("devices.name = ?", name);
      const { items } = await readPage<DeviceView>(store.knex, deviceListing, { query: { limit: 1 }, where });
      if (!items[0]) throw missing("device", name);
      return items[0];
    },
    async add(asker, name, { health = "Unknown", ...device }) {
      const person = mustBe(asker, has(asker, "add_device"), `adding device ${name}`);
      mustBeName("device", name);
      const known = await rights.now();
      try {
        await store.transaction(async (trx) => {
          const columns = await deviceColumns(trx, device);
          mayGiveTo(known, asker, device.worker);
          await trx("devices").insert({ name, health: knownHealth(health), ...columns });
          if (device.tags) await setDeviceTags(trx, name, device.tags);
          await announceDevice(trx, name, { author: person.username, messages: [`Added (${health})`] });
        });
      } catch (error) {
        throw isUniqueViolation(error) ? exists("device", name) : error;
      }
    },
    async update(asker, name, changes) {
      const { row, rights: known } = await find(asker, name);
      const person = mustBe(asker, known.mayChangeDevice(asker, row), `changing device ${name}`);
      await store.transaction(async (trx) => {
        const columns = await deviceColumns(trx, changes);
        if (changes.worker !== row.worker) mayGiveTo(known, asker, changes.worker);
        if (Object.keys(columns).length > 0) await trx("devices").where({ name }).update(columns);
        if (changes.tags) await setDeviceTags(trx, name, changes.tags);
        const what = [...Object.keys(columns), ...(changes.tags ? ["tags"] : [])];
        if (what.length > 0)
          await announceDevice(trx, name, { author: person.username, messages: [`Changed ${what.join(", ")}`] });
      });
    },
    async remove(asker, name) {
      await find(asker, name);
      const person = mustBe(asker, has(asker, "delete_device"), `removing device ${name}`);
      await store.transaction(async (trx) => {
        const row = await trx<DeviceRow>("devices").where({ name }).forUpdate().first("state");
        if (row && row.state !== "Idle")
          throw conflict("ERR_DEVICE_BUSY", `device ${name} is ${row.state}: cancel its job first`);
        await trx("object_permissions").where({ kind: "device", object: name }).delete();
        await writeDocument(trx, {
          kind: "device",
          name,
          text: null,
          author: person.username,
          reason: "device removed",
        });
        await trx("devices").where({ name }).delete();
        await announceDevice(trx, name, { author: person.username, messages: ["Removed"] });
        await notifyPeople(trx);
      });
      rights.forget();
    },
    async setHealth(asker, name, health, reason) {
      const person = await findToChange(asker, name, "setting the health of");
      knownHealth(health);
      const cancel = await store.transaction(async (trx) => {
        const row = await trx<DeviceRow>("devices").where({ name }).forUpdate().first("name", "state", "health");
        if (!row) throw missing("device", name);
        const made = setDeviceHealth(row, health, reason);
        if (row.health === health) return undefined;
        await trx("devices").where({ name }).update({ health });
        await announceDevice(trx, name, {
          author: person.username,
          messages: made.notes.map(({ message }) => message),
        });
        if (!made.cancelJob) return undefined;
        return trx("jobs").where({ actual_device: name }).whereNot({ state: "Finished" }).first<{ id: number }>("id");
      });
      if (cancel) await life.cancel(cancel.id, { author: person.username, reason: `device ${name} was retired` });
    },
    async dictionary(asker, name) {
      await find(asker, name);
      return readDocument(store.knex, "device", name);
    },
    async rendered(asker, name, jobContext) {
      const { row } = await find(asker, name);
      await configs.refresh();
      return configs.render(row, jobContext);
    },
    async setDictionary(asker, name, text, reason) {
      const person = await findToChange(asker, name, "writing the dictionary of");
      await checkLabText(context, { kind: "device", name, text: text ?? "" });
      await store.transaction(async (trx) => {
        await writeDocument(trx, {
          kind: "device",
          name,
          text: text === "" ? null : text,
          author: person.username,
          ...(reason === undefined ? {} : { reason }),
        });
        await announceDevice(trx, name, { author: person.username, messages: [] });
      });
    },
    async history(asker, name) {
      await find(asker, name);
      return historyOf(store.knex, "device", name, [`device/${name}`]);
    },
  };
  return service;
}

/**
 * Whoever may change a device runs commands on its worker: to give it to another one takes that worker's right as well, or the one on all
 * devices, which reaches all workers.
 */
function mayGiveTo(known: Rights, asker: Asker, worker: string | null | undefined): void {
  if (!worker || has(asker, "change_device")) return;
  if (!known.mayView(asker, "worker", worker)) throw unknown("worker", `there is no worker '${worker}' here`);
  mustBe(asker, known.mayChange(asker, "worker", worker), `giving a device to worker ${worker}`);
}

function knownHealth(health: DeviceHealth): DeviceHealth {
  if (deviceHealths.includes(health)) return health;
  throw badRequest("ERR_HEALTH", `health: '${health}' is none: expected one of ${deviceHealths.join(", ")}`, {
    details: { field: "health" },
  });
}
