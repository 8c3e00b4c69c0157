import { writeNotes } from "../jobs/log-entries.js";
import { notifySchedule } from "../jobs/notify.js";
import { isUniqueViolation } from "../store/errors.js";
import { exists, has, missing, mustBe, mustBeName } from "./access.js";
import type { Context } from "./context.js";
import type { TagService } from "./types.js";
import { devicesVisible } from "./visible.js";

interface Row {
  readonly id: number;
  readonly name: string;
  readonly description: string;
  readonly devices: readonly string[];
}

export function makeTagService({ store, rights }: Context): TagService {
  return {
    async list(asker) {
      const visible = devicesVisible(await rights.now(), asker, "d");
      const { rows } = (await store.knex.raw(
        `select t.id, t.name, t.description, array(
           select d.name from device_tags dt join devices d on d.name = dt.device
           where dt.tag_id = t.id and (${visible.text}) order by d.name) as devices
         from tags t order by t.name`,
        [...visible.values] as never[],
      )) as { rows: Row[] };
      return rows;
    },
    async add(asker, name, description = "") {
      const person = mustBe(asker, has(asker, "add_tag"), `adding tag ${name}`);
      mustBeName("tag", name);
      try {
        await store.transaction(async (trx) => {
          await trx("tags").insert({ name, description });
          await writeNotes(trx, person.username, [{ kind: "tag", object: name, message: "Added" }]);
        });
      } catch (error) {
        throw isUniqueViolation(error) ? exists("tag", name) : error;
      }
    },
    async remove(asker, name) {
      const person = mustBe(asker, has(asker, "delete_tag"), `removing tag ${name}`);
      await store.transaction(async (trx) => {
        if ((await trx("tags").where({ name }).delete()) === 0) throw missing("tag", name);
        await writeNotes(trx, person.username, [{ kind: "tag", object: name, message: "Removed" }]);
        await notifySchedule(trx);
      });
    },
  };
}
