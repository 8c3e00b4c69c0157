import { type Session, SessionSlot } from "@basalt/actions-common";
import {
  type ActionContext,
  asList,
  asObject,
  defineAction,
  infrastructureError,
  inNamespace,
  isBasaltError,
  type PlanRequest,
  type TestResult,
} from "@basalt/core";
import { type Monitor, readMonitor, suiteName, toCase } from "./monitor.js";

function reportExpected({ expected, name }: Monitor, seen: ReadonlySet<string>, ctx: ActionContext): boolean {
  const missing = expected.filter((testCase) => !seen.has(testCase));
  for (const testCase of missing)
    ctx.report({
      definition: suiteName(name),
      case: testCase,
      result: "fail",
      extra: { reason: "missing from the monitor's output" },
      level: ctx.level,
    });
  return missing.length === 0;
}

/** Reads one monitor's results until its end pattern. False where a case or an expected one failed to come. */
async function runMonitor(monitor: Monitor, { console }: Session, ctx: ActionContext): Promise<boolean> {
  const definition = suiteName(monitor.name);
  ctx.log.info(`monitor ${monitor.name}: waiting for its start`);
  await console.expect([monitor.start], { signal: ctx.signal });
  const seen = new Set<string>();
  for (;;) {
    const hit = await console.expect([monitor.end, monitor.pattern], { signal: ctx.signal });
    if (hit.index === 0) break;
    const found = toCase(hit.named, monitor.fixup);
    if ("wrong" in found) {
      ctx.log.error(`monitor ${monitor.name}: ${found.wrong}`);
      continue;
    }
    seen.add(found.name);
    const unexpected = monitor.expected.length > 0 && !monitor.expected.includes(found.name);
    const result: TestResult = unexpected ? "fail" : found.result;
    ctx.report({
      definition,
      case: found.name,
      result,
      ...(found.measurement === undefined ? {} : { measurement: found.measurement }),
      ...(found.units === undefined ? {} : { units: found.units }),
    });
  }
  return reportExpected(monitor, seen, ctx);
}

/** Watches what the device prints and turns matches into results. */
export function runMonitors({ params, block }: Pick<PlanRequest, "params" | "block">) {
  return defineAction({
    name: "lava-test-monitor",
    summary: "read results from what the device prints",
    reads: { session: inNamespace(SessionSlot, block.connectionNamespace) },
    blameOnTimeout: "test",
    async validate() {
      // a pattern that can't be read is told before the board is switched on
      for (const entry of asList(params.monitors)) readMonitor(asObject(entry));
    },
    async run({ session }, ctx) {
      for (const monitor of asList(params.monitors).map((entry) => readMonitor(asObject(entry)))) {
        const startedAt = ctx.clock.monotonic();
        let result: TestResult = "fail";
        try {
          if (await runMonitor(monitor, session, ctx)) result = "pass";
        } catch (error) {
          if (isBasaltError(error) && error.code === "ERR_CONNECTION_CLOSED")
            throw infrastructureError(
              "ERR_CONNECTION_CLOSED",
              `the console closed while monitor ${monitor.name} was reading`,
              { cause: error },
            );
          throw error;
        } finally {
          const duration = ((ctx.clock.monotonic() - startedAt) / 1000).toFixed(2);
          ctx.report({ definition: "lava", case: suiteName(monitor.name), result, duration });
        }
      }
    },
  });
}
