import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { ownTemplatesFolder } from "@basalt/device-types";
import { readDocument, writeDocument } from "../../devices/index.js";
import { writeNotes } from "../../jobs/log-entries.js";
import { notifyPeople, notifySchedule } from "../../jobs/notify.js";
import type { Person } from "../../people/rights.js";
import { isUniqueViolation } from "../../store/errors.js";
import { conflict } from "../../submit/refusals.js";
import { exists, given, has, missing, mustBe, mustBeName } from "../access.js";
import type { Context } from "../context.js";
import { checkLabText } from "../lab-text.js";
import { readPage } from "../page.js";
import { allOf, always, sql } from "../sql.js";
import type { Asker, DeviceTypeChanges, DeviceTypeService, DeviceTypeView } from "../types.js";
import { typesVisible } from "../visible.js";
import { setAliases } from "./aliases.js";
import { typeListing } from "./type-listing.js";

type TextKind = "devicetype" | "health-check";

export function makeDeviceTypeService(context: Context): DeviceTypeService {
  const { store, rights } = context;

  async function find(asker: Asker, name: string) {
    const known = await rights.now();
    const row = await store.knex("device_types").where({ name }).first("name");
    if (!row || !known.mayView(asker, "devicetype", name)) throw missing("device type", name);
    return known;
  }

  async function findToChange(asker: Asker, name: string, doing: string): Promise<Person> {
    const known = await find(asker, name);
    return mustBe(asker, known.mayChange(asker, "devicetype", name), `${doing} device type ${name}`);
  }

  async function setText(
    asker: Asker,
    kind: TextKind,
    { name, text, reason }: { name: string; text: string | null; reason: string | undefined },
  ) {
    const person = await mayWriteText(asker, name);
    await checkLabText(context, { kind, name, text: text ?? "" });
    await store.transaction(async (trx) => {
      await writeDocument(trx, {
        kind,
        name,
        text: text === "" ? null : text,
        author: person.username,
        ...(reason === undefined ? {} : { reason }),
      });
      await notifySchedule(trx);
    });
  }

  /** Templates and health checks also go by names that are no type's: those a dictionary extends. They are for those who may change any device. */
  async function mayWriteText(asker: Asker, name: string): Promise<Person> {
    mustBeName("template", name);
    if (has(asker, "change_device") || has(asker, "change_devicetype"))
      return mustBe(asker, true, `writing a text of device type ${name}`);
    return findToChange(asker, name, "writing a text of");
  }

  async function mayReadText(asker: Asker, name: string): Promise<void> {
    const known = await rights.now();
    if (!known.mayView(asker, "devicetype", name)) throw missing("device type", name);
  }

  return {
    async list(asker, { all = false, ...query }) {
      const where = allOf([
        typesVisible(await rights.now(), asker, "device_types.name"),
        all ? always : sql("device_types.display"),
      ]);
      return readPage<DeviceTypeView>(store.knex, typeListing, { query, where });
    },
    async get(asker, name) {
      await find(asker, name);
      const where = sql("device_types.name = ?", name);
      const { items } = await readPage<DeviceTypeView>(store.knex, typeListing, { query: { limit: 1 }, where });
      if (!items[0]) throw missing("device type", name);
      return items[0];
    },
    async add(asker, name, { aliases, ...changes }) {
      const person = mustBe(asker, has(asker, "add_devicetype"), `adding device type ${name}`);
      mustBeName("device type", name);
      try {
        await store.transaction(async (trx) => {
          if (await trx("aliases").where({ name }).first("name"))
            throw conflict("ERR_EXISTS", `'${name}' is an alias of another device type`);
          await trx("device_types").insert({ name, ...columns(changes) });
          if (aliases) await setAliases(trx, name, aliases);
          await writeNotes(trx, person.username, [{ kind: "devicetype", object: name, message: "Added" }]);
        });
      } catch (error) {
        throw isUniqueViolation(error, "device_types_pkey") ? exists("device type", name) : error;
      }
    },
    async update(asker, name, { aliases, ...changes }) {
      const person = await findToChange(asker, name, "changing");
      await store.transaction(async (trx) => {
        const changed = columns(changes);
        if (Object.keys(changed).length > 0) await trx("device_types").where({ name }).update(changed);
        if (aliases) await setAliases(trx, name, aliases);
        const what = [...Object.keys(changed), ...(aliases ? ["aliases"] : [])];
        await writeNotes(trx, person.username, [
          { kind: "devicetype", object: name, message: `Changed ${what.join(", ")}` },
        ]);
        await notifySchedule(trx);
      });
    },
    async remove(asker, name) {
      await find(asker, name);
      const person = mustBe(asker, has(asker, "delete_devicetype"), `removing device type ${name}`);
      await store.transaction(async (trx) => {
        const used = await trx("devices").where({ device_type: name }).first<{ name: string } | undefined>("name");
        if (used)
          throw conflict("ERR_IN_USE", `device type ${name} has devices, such as ${used.name}: remove them first`);
        const job = await trx("jobs").where({ requested_device_type: name }).first<{ id: number } | undefined>("id");
        if (job)
          throw conflict(
            "ERR_IN_USE",
            `device type ${name} has jobs, such as ${job.id}: hide it instead (display: false)`,
          );
        await trx("object_permissions").where({ kind: "devicetype", object: name }).delete();
        await trx("device_types").where({ name }).delete();
        await writeNotes(trx, person.username, [{ kind: "devicetype", object: name, message: "Removed" }]);
        await notifyPeople(trx);
      });
      rights.forget();
    },
    async template(asker, name) {
      await mayReadText(asker, name);
      return (await readDocument(store.knex, "devicetype", name)) ?? shippedTemplate(name);
    },
    setTemplate: (asker, name, text, reason) => setText(asker, "devicetype", { name, text, reason }),
    async healthCheck(asker, name) {
      await mayReadText(asker, name);
      return readDocument(store.knex, "health-check", name);
    },
    setHealthCheck: (asker, name, text, reason) => setText(asker, "health-check", { name, text, reason }),
    async aliases(asker) {
      const known = await rights.now();
      const rows = await store
        .knex("aliases")
        .orderBy("name")
        .select<{ name: string; device_type: string }[]>("name", "device_type");
      return rows.filter(({ device_type }) => known.mayView(asker, "devicetype", device_type));
    },
  };
}

function columns(changes: Omit<DeviceTypeChanges, "aliases">): Readonly<Record<string, unknown>> {
  return given({ ...changes, cores: changes.cores === undefined ? undefined : [...changes.cores] });
}

async function shippedTemplate(name: string): Promise<string | undefined> {
  if (!/^[\w.-]+$/.test(name) || name.startsWith(".")) return undefined;
  try {
    return await readFile(join(ownTemplatesFolder(), `${name}.jinja2`), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
