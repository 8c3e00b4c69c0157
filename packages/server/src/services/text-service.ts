import type { DocumentRow } from "../store/rows.js";
import { notFound } from "../submit/refusals.js";
import type { Context } from "./context.js";
import type { Asker, RevisionView, Services, TextName, TextService } from "./types.js";

type Readers = Pick<Services, "devices" | "deviceTypes" | "workers">;

/** Names a text for people: `the dictionary of bbb-01`. */
const titles: Readonly<Record<TextName["kind"], string>> = {
  device: "dictionary",
  devicetype: "template",
  "health-check": "health check",
  dispatcher: "dispatcher.yaml",
  env: "env.yaml",
  "env-dut": "env-dut.yaml",
};

const textTitle = ({ kind, name }: TextName): string => `the ${titles[kind]} of ${name}`;

export function makeTextService({ store }: Context, { devices, deviceTypes, workers }: Readers): TextService {
  /** As for the text of now. @throws ERR_NOT_FOUND (404) */
  async function mayRead(asker: Asker, { kind, name }: TextName): Promise<void> {
    if (kind === "device") await devices.dictionary(asker, name);
    else if (kind === "devicetype" || kind === "health-check") await deviceTypes.healthCheck(asker, name);
    else await workers.config(asker, name, kind);
  }

  return {
    async revisions(asker, { kind, name }) {
      await mayRead(asker, { kind, name });
      return store
        .knex<DocumentRow>("documents")
        .where({ kind, name })
        .orderBy("revision", "desc")
        .select<RevisionView[]>(
          "revision",
          "current",
          "author",
          "reason",
          "created_on",
          store.knex.raw("text is null as removed"),
        );
    },
    async revision(asker, { kind, name }, revision) {
      await mayRead(asker, { kind, name });
      const all = store.knex<DocumentRow>("documents").where({ kind, name });
      const row = await all.clone().where({ revision }).first("text");
      if (typeof row?.text === "string") return row.text;
      const title = textTitle({ kind, name });
      if (row) throw notFound("ERR_NOT_FOUND", `revision ${revision} took ${title} away: an earlier one has it`);
      const last = await all.orderBy("revision", "desc").first("revision");
      const there = last ? `: they go from 1 to ${last.revision}` : ": it never had a text here";
      throw notFound("ERR_NOT_FOUND", `${title} has no revision ${revision}${there}`);
    },
  };
}
