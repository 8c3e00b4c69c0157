import type { Clock } from "@basalt/core";
import type { JobRow } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { applyJobEvent, type JobDetails } from "./apply-job-event.js";
import { writeNotes } from "./log-entries.js";

/** How a job ended, as its worker says it. */
export interface JobEnd {
  readonly result: "pass" | "fail";
  /** LAVA's word: Infrastructure, Job, Test, Configuration, Bug, Canceled, ... */
  readonly errorType?: string;
  readonly errorCode?: string;
  readonly errorMessage?: string;
}

/** What a job goes through once it has a device. Each is one transaction; each may be asked for twice, and then says false. */
export interface JobLife {
  /** Its process runs. */
  running(id: number): Promise<boolean>;
  /** Somebody wants it to end. A MultiNode job takes its group along, as LAVA's cancel does. */
  cancel(id: number, by: { readonly author: string; readonly reason?: string }): Promise<boolean>;
  finished(id: number, end: JobEnd): Promise<boolean>;
  /** A superuser ends a job that nobody will: Incomplete, whatever its worker says later. */
  fail(id: number, by: { readonly author: string; readonly reason: string }): Promise<boolean>;
}

const system = "system";
/** The lab's fault, by LAVA's rule (spec 1.4): the device has to prove that it works. */
const infrastructureTypes = ["Bug", "Configuration", "Infrastructure"];
const longestMessage = 20_000;

export function makeJobLife(store: Store, clock: Clock): JobLife {
  const now = (): Date => new Date(clock.now());
  return {
    running: (id) =>
      store.transaction(async (trx) => {
        return (await applyJobEvent(trx, id, { type: "running" }, { now: now(), author: system })) !== undefined;
      }),
    cancel: (id, { author, reason }) =>
      store.transaction(async (trx) => {
        const row = await trx<JobRow>("jobs").where({ id }).first("target_group");
        if (!row) return false;
        const ids =
          row.target_group === null
            ? [id]
            : (await trx<JobRow>("jobs").where({ target_group: row.target_group }).orderBy("id").select("id")).map(
                (member) => member.id,
              );
        let any = false;
        for (const member of ids) {
          const made = await applyJobEvent(trx, member, { type: "canceling" }, { now: now(), author });
          if (!made) continue;
          any = true;
          const message = `Cancel requested${reason === undefined ? "" : `: ${reason}`}`;
          await writeNotes(trx, author, [{ kind: "job", object: String(member), message }]);
        }
        return any;
      }),
    finished: (id, end) =>
      store.transaction(async (trx) => {
        const details = detailsOf(end);
        const infrastructure = end.result === "fail" && infrastructureTypes.includes(end.errorType ?? "");
        const event = { type: "finished", result: end.result, infrastructure } as const;
        return (await applyJobEvent(trx, id, event, { now: now(), author: system, details })) !== undefined;
      }),
    fail: (id, { author, reason }) =>
      store.transaction(async (trx) => {
        const event = { type: "finished", result: "fail", infrastructure: false } as const;
        const details = { failure_comment: reason };
        if (!(await applyJobEvent(trx, id, event, { now: now(), author, details }))) return false;
        await writeNotes(trx, author, [{ kind: "job", object: String(id), message: `Failed by hand: ${reason}` }]);
        return true;
      }),
  };
}

function detailsOf({ result, errorType, errorCode, errorMessage }: JobEnd): JobDetails {
  if (result === "pass") return {};
  return {
    error_type: errorType ?? "Bug",
    error_code: errorCode ?? null,
    error_msg: errorMessage?.slice(0, longestMessage) ?? null,
  };
}
