import type { JournalEvent, ResultRecord } from "@basalt/core";
import type { Paint } from "./paint.js";
import { type Cell, formatTable } from "./table.js";

/** Results of a job, collected from its journal. */
export class Results {
  readonly #tests: ResultRecord[] = [];
  readonly #failedRuns: ResultRecord[] = [];

  apply(event: JournalEvent): void {
    if (event.type !== "result") return;
    const { result } = event;
    if (result.definition !== "lava") this.#tests.push(result);
    // a test run that was cut short: `lava.<n>_<name>`; results of actions have other names
    else if (result.result === "fail" && /^\d+_/.test(result.case)) this.#failedRuns.push(result);
  }

  /** Results of tests, without those of Basalt's own actions. */
  get tests(): readonly ResultRecord[] {
    return this.#tests;
  }
  /** Whether a test failed, or a run of tests did not come to its end. */
  get failed(): boolean {
    return this.#failedRuns.length > 0 || this.#tests.some(({ result }) => result === "fail");
  }
  /** `3 passed, 1 failed`, `no tests`. */
  get summary(): string {
    const count = (wanted: ResultRecord["result"]): number =>
      this.#tests.filter(({ result }) => result === wanted).length;
    const words = { pass: "passed", fail: "failed", skip: "skipped", unknown: "unknown" } as const;
    const counted = Object.entries(words).flatMap(([result, word]) => {
      const n = count(result as ResultRecord["result"]);
      return n > 0 ? [`${n} ${word}`] : [];
    });
    const cut = this.#failedRuns.length;
    if (cut > 0) counted.push(`${cut} test ${cut === 1 ? "run" : "runs"} not finished`);
    return counted.join(", ") || "no tests";
  }

  /** The results as a table; no lines where there are none. */
  async table(paint: Paint): Promise<readonly string[]> {
    if (this.#tests.length === 0 && this.#failedRuns.length === 0) return [];
    const colour = { pass: paint.green, fail: paint.red, skip: paint.yellow, unknown: paint.magenta } as const;
    const rows = [...this.#tests, ...this.#failedRuns].map((record): readonly Cell[] => {
      const { definition, set, result, measurement, units } = record;
      const name = set === undefined ? record.case : `${set} / ${record.case}`;
      const measured = measurement === undefined ? "" : `${measurement} ${units ?? ""}`.trim();
      return [
        paint.plain(definition),
        paint.plain(name),
        { text: result, paint: colour[result] },
        paint.plain(measured),
      ];
    });
    return formatTable(["suite", "case", "result", "measurement"], rows, paint);
  }
}
