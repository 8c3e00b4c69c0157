import type { TestCaseRow } from "../../store/rows.js";
import type { Field } from "../fields.js";
import type { Listing } from "../page.js";
import type { CaseView } from "../types.js";

const number = (name: string): Field => ({ type: "number", column: `test_cases.${name}` });
const text = (column: string): Field => ({ type: "text", column });

/** Cases of one job, with the names of their suites and sets. */
export const caseListing: Listing = {
  from: "test_cases join test_suites s on s.id = test_cases.suite_id left join test_sets ts on ts.id = test_cases.set_id",
  select: `test_cases.id, test_cases.suite_id, test_cases.name, test_cases.result, test_cases.measurement, test_cases.units,
    test_cases.metadata, test_cases.start_log_line, test_cases.end_log_line, test_cases.log_line, test_cases.logged,
    s.name as suite, ts.name as set`,
  fields: {
    id: number("id"),
    name: text("test_cases.name"),
    result: { type: "word", column: "test_cases.result", words: ["pass", "fail", "skip", "unknown"] },
    measurement: { type: "decimal", column: "test_cases.measurement" },
    units: text("test_cases.units"),
    metadata: text("test_cases.metadata"),
    logged: { type: "time", column: "test_cases.logged" },
    start_log_line: number("start_log_line"),
    end_log_line: number("end_log_line"),
    suite: number("suite_id"),
    suite__id: number("suite_id"),
    suite__name: text("s.name"),
    test_set: text("ts.name"),
    test_set__name: text("ts.name"),
  },
  orderings: {
    id: "test_cases.id",
    name: "test_cases.name",
    result: "test_cases.result",
    measurement: "test_cases.measurement",
    logged: "test_cases.logged",
    start_log_line: "test_cases.start_log_line",
    end_log_line: "test_cases.end_log_line",
  },
  ordering: "id",
  tieBreak: "test_cases.id",
};

/** A case and the job it is of. */
export type CaseOfJob = CaseView & Pick<TestCaseRow, "suite_id">;
