import type { TestCaseRow } from "../../store/rows.js";
import type { Asker, ListQuery, Page } from "./asking.js";
import type { JobId } from "./jobs.js";

export interface SuiteView {
  readonly id: number;
  readonly name: string;
  readonly job: number;
  readonly counts: Readonly<Record<"pass" | "fail" | "skip" | "unknown", number>>;
}

export interface CaseView extends Omit<TestCaseRow, "set_id"> {
  readonly suite: string;
  readonly set: string | null;
}

export interface ResultService {
  suites(asker: Asker, id: JobId): Promise<readonly SuiteView[]>;
  cases(asker: Asker, id: JobId, query: ListQuery & { readonly suite?: string }): Promise<Page<CaseView>>;
  /** Of all suites, or one. Forms of spec 7.6; junit and tap of the whole job. */
  export(
    asker: Asker,
    id: JobId,
    as: "csv" | "yaml" | "junit" | "tap13",
    options?: {
      readonly suite?: string;
      readonly limit?: number;
      readonly offset?: number;
      readonly classnamePrefix?: string;
    },
  ): Promise<string>;
}
