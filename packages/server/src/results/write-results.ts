import type { Knex } from "knex";
import type { ResultLine } from "./parse-result.js";

/** What one job's log brought. */
export interface JobResults {
  readonly job: number;
  readonly results: readonly ResultLine[];
  /** Lines that have been looked through. */
  readonly upTo: number;
  /** For the job's comment, beside those of the results. */
  readonly remark?: string;
}

const most = 20_000;

/** Ids of suites and sets by name, as far as they are known: a job has few of them and many cases. */
export class SuiteIds {
  readonly #ids = new Map<string, number>();

  known(...key: readonly (string | number)[]): number | undefined {
    return this.#ids.get(JSON.stringify(key));
  }

  learn(id: number, ...key: readonly (string | number)[]): void {
    this.#ids.set(JSON.stringify(key), id);
  }

  forget(): void {
    this.#ids.clear();
  }

  /** Between batches: never while one is under way, which needs what it learned. */
  trim(): void {
    if (this.#ids.size >= most) this.#ids.clear();
  }
}

interface Named {
  readonly parent: number;
  readonly name: string;
}

/** Finds or makes rows of (parent, name). The update makes rows that are there come back, too. */
async function ensure(
  trx: Knex.Transaction,
  table: "test_suites" | "test_sets",
  parent: string,
  wanted: readonly Named[],
) {
  const { rows } = (await trx.raw(
    `insert into ${table} (${parent}, name) select * from unnest(?::int[], ?::text[])
     on conflict (${parent}, name) do update set name = excluded.name returning id, ${parent} as parent, name`,
    [wanted.map((row) => row.parent), wanted.map(({ name }) => name)],
  )) as { rows: (Named & { id: number })[] };
  return rows;
}

const unique = (rows: readonly Named[]): readonly Named[] => [
  ...new Map(rows.map((row) => [JSON.stringify([row.parent, row.name]), row])).values(),
];

/**
 * Stores results of any number of jobs in one transaction, together with how far each log has been looked through: whatever happens, each
 * line's result is stored once. Jobs must be locked or written by this process alone.
 */
export async function writeResults(trx: Knex.Transaction, jobs: readonly JobResults[], ids: SuiteIds): Promise<void> {
  ids.trim();
  // another server process may have been first: only lines that no one looked through
  const { rows } = (await trx.raw("select id, log_lines from jobs where id = any(?) order by id for update", [
    jobs.map(({ job }) => job),
  ])) as { rows: { id: number; log_lines: number }[] };
  const done = new Map(rows.map((row) => [row.id, row.log_lines]));
  const fresh = jobs.flatMap(({ job, results }) => {
    const from = done.get(job);
    return from === undefined ? [] : results.filter(({ line }) => line >= from).map((result) => ({ job, result }));
  });
  const remarks = new Map<number, string[]>();
  for (const { job, result } of fresh)
    if (result.remark !== undefined) remarks.set(job, [...(remarks.get(job) ?? []), result.remark]);
  await ensureSuites(trx, fresh, ids);
  if (fresh.length > 0) await insertCases(trx, fresh, ids);
  await trx.raw(
    `update jobs set log_lines = greatest(log_lines, u.lines),
       failure_comment = case when u.remark = '' then failure_comment else concat_ws(E'\\n', nullif(failure_comment, ''), u.remark) end
     from unnest(?::int[], ?::int[], ?::text[]) as u(id, lines, remark) where jobs.id = u.id`,
    [
      jobs.map(({ job }) => job),
      jobs.map(({ upTo }) => upTo),
      jobs.map(({ job, remark }) =>
        [...(remarks.get(job) ?? []), ...(remark === undefined ? [] : [remark])].join("\n"),
      ),
    ],
  );
}

interface Fresh {
  readonly job: number;
  readonly result: ResultLine;
}

async function ensureSuites(trx: Knex.Transaction, fresh: readonly Fresh[], ids: SuiteIds): Promise<void> {
  const suites = unique(fresh.map(({ job, result }) => ({ parent: job, name: result.suite }))).filter(
    ({ parent, name }) => ids.known(parent, name) === undefined,
  );
  if (suites.length > 0)
    for (const { id, parent, name } of await ensure(trx, "test_suites", "job_id", suites)) ids.learn(id, parent, name);
  const sets = unique(
    fresh.flatMap(({ job, result }) =>
      result.set === null ? [] : [{ parent: ids.known(job, result.suite) ?? 0, name: result.set }],
    ),
  ).filter(({ parent, name }) => ids.known("set", parent, name) === undefined);
  if (sets.length > 0)
    for (const { id, parent, name } of await ensure(trx, "test_sets", "suite_id", sets))
      ids.learn(id, "set", parent, name);
}

async function insertCases(trx: Knex.Transaction, fresh: readonly Fresh[], ids: SuiteIds): Promise<void> {
  const suites = fresh.map(({ job, result }) => ids.known(job, result.suite) ?? 0);
  const now = new Date();
  await trx.raw(
    `insert into test_cases (suite_id, set_id, name, result, measurement, units, metadata, start_log_line, end_log_line, log_line, logged)
     select * from unnest(?::int[], ?::int[], ?::text[], ?::text[], ?::numeric[], ?::text[], ?::text[], ?::int[], ?::int[], ?::int[], ?::timestamptz[])`,
    [
      suites,
      fresh.map(({ result }, index) =>
        result.set === null ? null : (ids.known("set", suites[index] ?? 0, result.set) ?? null),
      ) as number[],
      fresh.map(({ result }) => result.name),
      fresh.map(({ result }) => result.result),
      fresh.map(({ result }) => result.measurement) as string[],
      fresh.map(({ result }) => result.units),
      fresh.map(({ result }) => result.metadata),
      fresh.map(({ result }) => result.startLine) as number[],
      fresh.map(({ result }) => result.endLine) as number[],
      fresh.map(({ result }) => result.line),
      fresh.map(({ result }) => (Number.isNaN(result.logged.getTime()) ? now : result.logged)),
    ],
  );
}
