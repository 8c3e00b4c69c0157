import {
  type BasaltError,
  type JsonObject,
  type Log,
  type ResultRecord,
  type TestResult,
  testError,
} from "@basalt/core";
import type { TestRun } from "../../slots.js";
import type { Signal } from "./signal.js";
import { type CaseReport, fixResult, readCase } from "./test-case.js";

/** What a signal wants of whoever reads the console. */
export type SignalEffect =
  | { readonly effect: "feedback"; readonly namespace: string }
  | { readonly effect: "raise"; readonly error: BasaltError }
  | { readonly effect: "runner"; readonly state: string };

export interface RecorderOptions {
  /** The definitions that may report. */
  readonly runs: readonly TestRun[];
  readonly namespace: string;
  /** Level of the action: results with `extra` carry it. */
  readonly level: string;
  readonly log: Log;
  report(result: ResultRecord): void;
  /** Monotonic milliseconds. */
  now(): number;
  /** Number of the log's next line, where the journal counts lines. */
  logLine?(): number | undefined;
}

interface OpenRun {
  readonly run: TestRun;
  readonly startedAt: number;
  readonly reported: Set<string>;
  set: string | undefined;
}

const unknownRun = (testName: string, uuid: string): TestRun => ({
  testName,
  uuid,
  stage: 0,
  source: "inline",
  repository: "",
  path: "",
  revision: "unspecified",
  fixup: {},
  expected: [],
});

/** Turns a test's signals into results (lava-dispatcher.md 3.13). Bad signals are told in the log, never fatal. */
export class TestRecorder {
  readonly #options: RecorderOptions;
  readonly #completed = new Set<string>();
  readonly #markers = new Map<string, { start?: number; end?: number }>();
  #open: OpenRun | undefined;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** The definition that runs now. */
  get current(): TestRun | undefined {
    return this.#open?.run;
  }

  /** Takes a signal; says what is left to do. */
  take({ kind, text, words }: Signal): SignalEffect | undefined {
    switch (kind) {
      case "STARTRUN":
        return this.#startRun(words);
      case "ENDRUN":
        return this.#endRun(words);
      case "STARTTC":
        return this.#mark(words, "start");
      case "ENDTC":
        return this.#mark(words, "end");
      case "TESTCASE":
        return this.#testCase(words);
      case "TESTREFERENCE":
        return this.#reference(words);
      case "TESTSET":
        return this.#testSet(words);
      case "TESTFEEDBACK":
        return words[0] === undefined ? this.#bad(kind, text) : { effect: "feedback", namespace: words[0] };
      case "TESTRAISE":
        return { effect: "raise", error: testError("ERR_TEST_RAISED", text) };
      case "TESTEVENT":
        return void this.#options.log.write("event", text);
      case "TESTRUNNER":
        return { effect: "runner", state: text };
      case "RETRUNCODE":
        return undefined;
      default:
        return this.#bad(kind, text);
    }
  }

  /** Takes a match of the running definition's own pattern: its named groups. */
  takeMatch(groups: Readonly<Record<string, string | undefined>>): void {
    const words = Object.entries(groups).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${value}`]));
    this.#testCase(words);
  }

  /** The runner is gone, in whatever way: what never completed is reported as failed. */
  finish(reason: string): void {
    if (this.#open) this.#interrupted(this.#open, reason);
    for (const run of this.#options.runs)
      if (!this.#completed.has(run.testName)) this.#reportMissing(run, new Set(), reason);
  }

  #bad(kind: string, text: string): undefined {
    this.#options.log.error(`the test sent a signal that says nothing: <LAVA_SIGNAL_${kind} ${text}>`);
    return undefined;
  }

  #startRun([testName, uuid = ""]: readonly string[]): undefined {
    const { log, now, runs } = this.#options;
    if (testName === undefined) return this.#bad("STARTRUN", "");
    const run =
      runs.find((one) => one.testName === testName) ?? (runs.length === 0 ? unknownRun(testName, uuid) : undefined);
    if (!run) {
      log.error(`the test says that '${testName}' starts, which is none of this job's definitions`);
      return undefined;
    }
    if (this.#open) this.#interrupted(this.#open, `${testName} started before it ended`);
    log.debug(`Starting test definition: ${testName} (${uuid})`);
    this.#open = { run, startedAt: now(), reported: new Set(), set: undefined };
    this.#markers.clear();
    return undefined;
  }

  #endRun([testName]: readonly string[]): undefined {
    const open = this.#open;
    if (!open || open.run.testName !== testName) return this.#bad("ENDRUN", testName ?? "");
    this.#open = undefined;
    this.#completed.add(open.run.testName);
    this.#reportMissing(open.run, open.reported);
    this.#reportRun(open, "pass");
    this.#options.log.debug(`Ending test definition: ${testName}`);
    return undefined;
  }

  #interrupted(open: OpenRun, reason: string): void {
    this.#open = undefined;
    this.#completed.add(open.run.testName);
    this.#options.log.error(`test definition ${open.run.testName} did not end: ${reason}`);
    this.#reportMissing(open.run, open.reported, reason);
    this.#reportRun(open, "fail");
  }

  #reportRun({ run, startedAt }: OpenRun, result: TestResult): void {
    const { namespace, now, report } = this.#options;
    report({
      definition: "lava",
      case: run.testName,
      result,
      uuid: run.uuid,
      ...(run.repository === "" ? {} : { repository: run.repository }),
      path: run.path,
      revision: run.revision,
      namespace,
      duration: ((now() - startedAt) / 1000).toFixed(2),
      ...(run.commitId === undefined ? {} : { commit_id: run.commitId }),
    });
  }

  #reportMissing({ expected, testName }: TestRun, reported: ReadonlySet<string>, reason?: string): void {
    const { level, log, report } = this.#options;
    const missing = expected.filter((name) => !reported.has(name));
    if (missing.length === 0) return;
    log.error(`${testName}: expected, but never reported: ${missing.join(", ")}`);
    const extra = reason === undefined ? {} : { level, extra: { reason } };
    for (const name of missing) report({ definition: testName, case: name, result: "fail", ...extra });
  }

  #mark([id]: readonly string[], which: "start" | "end"): undefined {
    if (id === undefined) return this.#bad(which === "start" ? "STARTTC" : "ENDTC", "");
    const line = this.#options.logLine?.();
    if (line !== undefined) this.#markers.set(id, { ...this.#markers.get(id), [which]: line });
    return undefined;
  }

  #testSet([what, name]: readonly string[]): undefined {
    const open = this.#open;
    if (!open || (what !== "STOP" && (what !== "START" || name === undefined)))
      return this.#bad("TESTSET", `${what ?? ""} ${name ?? ""}`);
    if (what === "START" && open.set !== undefined)
      this.#options.log.warning(`test set ${open.set} is still open: ${name} takes its place`);
    open.set = what === "START" ? name : undefined;
    return undefined;
  }

  #testCase(words: readonly string[]): undefined {
    const read = readCase(words, this.#open?.run.fixup ?? {});
    if (typeof read === "string") {
      this.#options.log.error(`bad test result '${words.join(" ")}': ${read}`);
      return undefined;
    }
    return this.#report(read);
  }

  #reference([id, result, reference]: readonly string[]): undefined {
    const fixed = fixResult(result ?? "", this.#open?.run.fixup ?? {});
    if (id === undefined || reference === undefined || fixed === undefined)
      return this.#bad("TESTREFERENCE", `${id ?? ""} ${result ?? ""} ${reference ?? ""}`);
    return this.#report({ id, result: fixed, more: { reference } });
  }

  #report({ id, result, more, remark }: CaseReport): undefined {
    const open = this.#open;
    const { log, report } = this.#options;
    if (!open) {
      log.error(`result ${id}=${result} came while no test definition runs: not recorded`);
      return undefined;
    }
    if (remark !== undefined) log.error(`${id}: ${remark}`);
    const { expected, testName } = open.run;
    const unexpected = expected.length > 0 && !expected.includes(id);
    if (unexpected) log.error(`${testName}: ${id} is none of the expected test cases: recorded as failed`);
    open.reported.add(id);
    report({
      definition: testName,
      case: id,
      result: unexpected ? "fail" : result,
      ...(open.set === undefined ? {} : { set: open.set }),
      ...more,
      ...this.#linesOf(id),
    });
    return undefined;
  }

  #linesOf(id: string): JsonObject & { readonly starttc?: number; readonly endtc?: number } {
    const marks = this.#markers.get(id);
    return {
      ...(marks?.start === undefined ? {} : { starttc: marks.start }),
      ...(marks?.end === undefined ? {} : { endtc: marks.end }),
    };
  }
}
