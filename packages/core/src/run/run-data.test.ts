import { FakeClock, type RunPlanOptions, runPlan } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import { toDevice } from "../device/device.js";
import { canceledError, jobError } from "../errors.js";
import { toJob } from "../job/to-job.js";
import type { Json, JsonObject } from "../json.js";
import { defineAction } from "../plan/action.js";
import { buildPipeline, type Pipeline } from "../plan/build-pipeline.js";
import { type PlanNode, retry, sequence } from "../plan/plan-node.js";
import { defineProtocol } from "../plan/protocol.js";
import { defineStrategy } from "../plan/strategy.js";
import { inNamespace, optional, slot } from "../slot.js";
import { token } from "../token.js";

const value = slot<string>("value");
const write = (text: string) =>
  defineAction({ name: "write", summary: "", writes: { value }, run: async () => ({ value: text }) });

/** A job of one block per node, in the namespaces given. */
function blocks(
  ...given: readonly { readonly ns?: string; readonly node: PlanNode; readonly params?: JsonObject }[]
): Pipeline {
  const nodes = given.map(({ node }) => node);
  const actions = given.map(
    ({ ns, params }): Json => ({
      boot: { method: "m", ...(ns === undefined ? {} : { namespace: ns }), ...params },
    }),
  );
  const strategy = defineStrategy({ section: "boot", method: "m", schema: {}, plan: () => nodes.shift()! });
  return buildPipeline(toJob({ timeouts: { job: { hours: 1 } }, actions }), toDevice({}), [strategy]);
}
const run = (plan: PlanNode | Pipeline, options: RunPlanOptions = {}) => {
  const clock = new FakeClock();
  return clock.run(runPlan(plan, { clock, ...options }));
};

describe("slots", () => {
  const seen: (string | undefined)[] = [];
  const read = (from = value) =>
    defineAction({ name: "read", summary: "", reads: { value: from }, run: async (got) => void seen.push(got.value) });
  const readMaybe = defineAction({
    name: "maybe",
    summary: "",
    reads: { value: optional(value) },
    run: async (got) => void seen.push(got.value),
  });
  const seenIn = async (plan: PlanNode | Pipeline, options?: RunPlanOptions) => {
    seen.length = 0;
    const { outcome } = await run(plan, options);
    return outcome.result === "pass" ? [...seen] : outcome.error.code;
  };

  test("carry a value to later actions, across blocks", async () => {
    expect(await seenIn(blocks({ node: write("a") }, { node: sequence("s", read(), write("b"), read()) }))).toEqual([
      "a",
      "b",
    ]);
  });
  test("of two namespaces are kept apart", async () => {
    const plan = blocks(
      { ns: "a", node: write("A") },
      { ns: "b", node: write("B") },
      { ns: "a", node: read() },
      { ns: "b", node: read() },
    );
    expect(await seenIn(plan)).toEqual(["A", "B"]);
  });
  test("of another namespace are read and written by name", async () => {
    const writeB = defineAction({
      name: "write-b",
      summary: "",
      writes: { value: inNamespace(value, "b") },
      run: async () => ({ value: "for b" }),
    });
    const plan = blocks(
      { ns: "a", node: writeB },
      { ns: "a", node: readMaybe },
      { ns: "a", node: read(inNamespace(value, "b")) },
      { ns: "b", node: read() },
    );
    expect(await seenIn(plan)).toEqual([undefined, "for b", "for b"]);
  });
  test("that nothing wrote are undefined if optional, else a bug that names action, slot and namespace", async () => {
    expect(await seenIn(readMaybe)).toEqual([undefined]);
    expect(await seenIn(read())).toBe("ERR_SLOT_EMPTY");
    const { outcome } = await run(blocks({ ns: "x", node: read() }));
    expect(outcome).toMatchObject({
      error: { kind: "bug", message: "read reads 'value' of namespace 'x', which nothing wrote" },
    });
  });
  test("may be given before the first action", async () => {
    expect(await seenIn(read(), { slots: [[value, "given"]] })).toEqual(["given"]);
  });
  test("a failed action writes nothing", async () => {
    let attempt = 0;
    const second = defineAction({
      name: "second",
      summary: "",
      reads: { value: optional(value) },
      writes: { value },
      async run(got) {
        seen.push(got.value);
        if (++attempt === 1) throw jobError("ERR_X", "x");
        return { value: "good" };
      },
    });
    expect(await seenIn(retry("r", second, read()), { params: { failure_retry: 2 } })).toEqual([
      undefined,
      undefined,
      "good",
    ]);
  });
});

describe("services", () => {
  const greeter = token<{ greet(): string }>("Greeter");
  test("are found by token, or the lab is told what is missing", async () => {
    let said = "";
    const greet = defineAction({
      name: "greet",
      summary: "",
      needs: { greeter },
      run: async (got) => {
        said = got.greeter.greet();
      },
    });
    expect((await run(greet, { services: [[greeter, { greet: () => "hello" }]] })).outcome.result).toBe("pass");
    expect(said).toBe("hello");
    expect((await run(greet)).outcome).toMatchObject({
      action: "greet",
      error: { kind: "configuration", code: "ERR_SERVICE_MISSING", message: expect.stringContaining("Greeter") },
    });
  });
});

describe("protocols", () => {
  const session = (asked: unknown[]) =>
    defineProtocol({
      name: "lava-multinode",
      schema: {},
      async open(parameters) {
        asked.push(["open", parameters]);
        return {
          before: async (actionName, request) => {
            asked.push([actionName, request]);
            return { ip: "10.0.0.7" };
          },
          [Symbol.asyncDispose]: async () => void asked.push("close"),
        };
      },
    });
  const calls = (...requests: JsonObject[]): JsonObject => ({ protocols: { "lava-multinode": requests } });
  const job = { protocols: { "lava-multinode": { role: "client" } } };

  test("are opened, asked before the action that is named, and closed", async () => {
    const asked: unknown[] = [];
    let answer: unknown;
    const node = defineAction({
      name: "boot",
      summary: "",
      run: async (_got, ctx) => {
        asked.push("runs");
        answer = ctx.job.protocolData.get("lava-multinode/ip");
      },
    });
    const request = { action: "boot", request: "lava-wait", messageID: "ip" };
    const ran = await run(node, { job, protocols: [session(asked)], params: calls(request, { action: "other" }) });
    expect(ran.outcome.result).toBe("pass");
    expect(asked).toEqual([["open", { role: "client" }], ["boot", request], "runs", "close"]);
    expect(answer).toEqual({ ip: "10.0.0.7" });
  });

  test("are asked for a group before its children, and again at each attempt", async () => {
    const asked: unknown[] = [];
    let runs = 0;
    const child = defineAction({
      name: "child",
      summary: "",
      async run() {
        asked.push("child");
        if (++runs === 1) throw jobError("ERR_X", "x");
      },
    });
    const request = { action: "group", request: "lava-sync", messageID: "go" };
    await run(retry("group", child), {
      job,
      protocols: [session(asked)],
      params: { ...calls(request), failure_retry: 2 },
    });
    expect(asked).toEqual([
      ["open", { role: "client" }],
      ["group", request],
      "child",
      ["group", request],
      "child",
      "close",
    ]);
  });

  test("one that the job did not open is the job's fault", async () => {
    const node = defineAction({ name: "boot", summary: "", run: async () => {} });
    expect((await run(node, { params: calls({ action: "boot" }) })).outcome).toMatchObject({
      error: { kind: "job", code: "ERR_PROTOCOL_UNKNOWN" },
    });
  });

  test("one that never opens does not outlive a cancel", async () => {
    const cancel = new AbortController();
    const stuck = defineProtocol({ name: "lava-multinode", schema: {}, open: () => new Promise(() => {}) });
    const clock = new FakeClock();
    const node = defineAction({ name: "boot", summary: "", run: async () => {} });
    const done = runPlan(node, { clock, job, protocols: [stuck], signal: cancel.signal });
    await clock.advance(60_000);
    cancel.abort(canceledError("ERR_CANCELED", "The job was canceled"));
    expect((await clock.run(done)).outcome).toMatchObject({ error: { kind: "canceled" } });
  });
});

describe("secrets", () => {
  test("of the job and of the worker are masked in log, console, results and the outcome", async () => {
    const leak = defineAction({
      name: "leak",
      summary: "",
      async run(_got, ctx) {
        ctx.log.info("token s3cret");
        for (const text of ["pass", "word: hun", "ter2\r\n"])
          ctx.journal.append({ type: "console", at: 0, namespace: "common", text });
        ctx.addExtra("url", "http://s3cret@x");
        ctx.report({ definition: "0_x", case: "hunter2", result: "pass" });
        throw jobError("ERR_X", "s3cret was refused");
      },
    });
    const { events, outcome } = await run(leak, { job: { secrets: { A: "s3cret" } }, secrets: ["hunter2"] });
    expect(outcome).toMatchObject({ action: "leak", error: { kind: "job", message: "[MASKED] was refused" } });
    const all = JSON.stringify(events, (_k, v) => (v instanceof Error ? { m: v.message, s: v.stack } : v));
    expect(all).not.toMatch(/s3cret|hunter2/);
    expect(events.flatMap((e) => (e.type === "console" ? [e.text] : [])).join("")).toBe("password: [MASKED]\r\n");
  });

  test("the end of a console's text that began like a secret is not lost", async () => {
    const half = defineAction({
      name: "half",
      summary: "",
      run: async (_got, ctx) => ctx.journal.append({ type: "console", at: 0, namespace: "common", text: "hun" }),
    });
    const { events } = await run(half, { secrets: ["hunter2"] });
    expect(events.find((e) => e.type === "console")).toMatchObject({ text: "hun" });
  });
});

test("progress and character delay are the action's", async () => {
  let delay = 0;
  const node = defineAction({
    name: "download",
    summary: "",
    async run(_got, ctx) {
      delay = ctx.characterDelayMs;
      ctx.progress("kernel", 1, 2, "bytes");
      ctx.progress("files", 1, undefined, "steps");
    },
  });
  const { events } = await run(node, { device: { character_delays: { boot: 7 } } });
  expect(delay).toBe(7);
  expect(events.filter((e) => e.type === "progress")).toMatchObject([
    { level: "1", what: "kernel", done: 1, total: 2, unit: "bytes" },
    { level: "1", what: "files", done: 1, unit: "steps" },
  ]);
});
