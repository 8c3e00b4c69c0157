import { type Session, sendLine } from "@basalt/actions-common";
import {
  type ActionContext,
  BasaltError,
  type ConsoleMatch,
  compilePattern,
  jobError,
  type Pattern,
  testError,
} from "@basalt/core";
import { type FailureMessage, type ProtocolCall, type Script, type Step, substitute } from "./script.js";

export interface ScriptRun {
  readonly session: Session;
  readonly ctx: ActionContext;
  /** Values for `{NAME}`; named groups of matched successes are added. */
  readonly values: Map<string, string>;
}

async function callProtocol({ request, words }: ProtocolCall, { ctx, values }: ScriptRun): Promise<void> {
  const multinode = ctx.job.protocols.get("lava-multinode");
  if (!multinode)
    throw jobError("ERR_PROTOCOL_UNKNOWN", `the script asks '${request}', but this job is not a MultiNode job`);
  const [messageID = "", ...pairs] = words;
  const message = Object.fromEntries(pairs.map((pair) => pair.split("=", 2) as [string, string]));
  const answer = await multinode.before(ctx.name, { request, messageID, message }, ctx);
  for (const [key, value] of Object.entries(answer)) values.set(key, String(value));
}

/** What a step ended with: passed, or what it failed of. */
type Verdict =
  | { readonly passed: true }
  | { readonly passed: false; readonly why: string; readonly failure?: FailureMessage };

const passed: Verdict = { passed: true };

async function discardEcho(script: Script, run: ScriptRun): Promise<void> {
  if (script.discardEcho) await run.session.console.expect([compilePattern("\\n")], { signal: run.ctx.signal });
}

function keepGroups(hit: ConsoleMatch, values: Map<string, string>): void {
  for (const [name, value] of Object.entries(hit.named)) if (value !== undefined) values.set(name, value);
}

/** Waits for what decides a step: a failure, a success, or the prompt. */
async function verdictOf(step: Step, script: Script, run: ScriptRun): Promise<Verdict> {
  const { console } = run.session;
  const { signal } = run.ctx;
  const prompts = step.waitForPrompt ? script.prompts : [];
  const failures = step.failures.map(({ pattern }) => pattern);
  const patterns: readonly Pattern[] = [...prompts, ...failures, ...step.successes];
  if (patterns.length === 0) return passed;
  const hit = await console.expect(patterns, { signal });
  if (hit.index < prompts.length) {
    return step.successes.length === 0 ? passed : { passed: false, why: "the prompt came before any of its successes" };
  }
  if (step.waitForPrompt) await console.expect(script.prompts, { signal });
  const failure = step.failures[hit.index - prompts.length];
  if (failure) return { passed: false, why: failure.error ?? `the device said '${hit.text}'`, failure };
  keepGroups(hit, run.values);
  return passed;
}

function fail(step: Step, why: string, failure: FailureMessage | undefined): never {
  const what = step.name ?? step.command ?? "a step without command";
  if (failure?.kind) throw new BasaltError(failure.kind, "ERR_INTERACTIVE_FAILURE", `${what}: ${why}`);
  throw testError("ERR_INTERACTIVE_FAILURE", `${what}: ${why}`);
}

/** Runs one step. Gives whether it passed; throws where the job says that its failure ends the test, or where it has no name. */
async function runStep(step: Step, script: Script, run: ScriptRun): Promise<boolean> {
  const { ctx, session } = run;
  if (step.delayMs > 0) await ctx.clock.sleep(step.delayMs, { signal: ctx.signal });
  if (step.call) {
    await callProtocol(step.call, run);
    return true;
  }
  if (step.command !== undefined) {
    await sendLine(session, substitute(step.command, run.values), ctx);
    await discardEcho(script, run);
  }
  const verdict = await verdictOf(step, script, run);
  if (verdict.passed) return true;
  if (step.name === undefined || verdict.failure?.kind) fail(step, verdict.why, verdict.failure);
  ctx.log.error(`${step.name}: ${verdict.why}`);
  return false;
}

/** Runs a script and reports its named steps under `suite`. False where an expected case did not come. */
export async function runScript(script: Script, suite: string, run: ScriptRun): Promise<boolean> {
  const { ctx } = run;
  const seen = new Set<string>();
  const report = (name: string, ok: boolean, ms: number): void => {
    seen.add(name);
    const unexpected = script.expected.length > 0 && !script.expected.includes(name);
    ctx.report({
      definition: suite,
      case: name,
      result: ok && !unexpected ? "pass" : "fail",
      duration: (ms / 1000).toFixed(2),
    });
  };
  try {
    for (const step of script.steps) {
      const startedAt = ctx.clock.monotonic();
      let ok = false;
      try {
        ok = await runStep(step, script, run);
      } finally {
        if (step.name !== undefined) report(step.name, ok, ctx.clock.monotonic() - startedAt);
      }
    }
  } finally {
    for (const missing of script.expected.filter((name) => !seen.has(name)))
      ctx.report({
        definition: suite,
        case: missing,
        result: "fail",
        level: ctx.level,
        extra: { reason: "the script never came to it" },
      });
  }
  return script.expected.every((name) => seen.has(name));
}
