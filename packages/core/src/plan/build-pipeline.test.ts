import { describe, expect, test } from "vitest";
import { toDevice } from "../device/device.js";
import { toJob } from "../job/to-job.js";
import type { Json, JsonObject } from "../json.js";
import { inNamespace, optional, slot } from "../slot.js";
import { defineAction } from "./action.js";
import { buildPipeline, pipelineRoots } from "./build-pipeline.js";
import { describePipeline } from "./describe-pipeline.js";
import { retry, sequence } from "./plan-node.js";
import { defineStrategy, type PlanRequest, refused, type Strategy } from "./strategy.js";
import { unmetReads } from "./unmet-reads.js";

const step = (name: string) => defineAction({ name, summary: name, run: async () => {} });
const job = (actions: readonly Json[], more: JsonObject = {}) =>
  toJob({ job_name: "j", timeouts: { job: { minutes: 10 } }, ...more, actions });
const device = toDevice({ hostname: "fake-01" });

const strategy = (name: string, more: Partial<Parameters<typeof defineStrategy>[0]> = {}): Strategy =>
  defineStrategy({ section: "boot", method: "m", schema: {}, plan: () => step(name), ...more });

describe("selection", () => {
  const boot = job([{ boot: { method: "m" } }]);
  const chosen = (...strategies: Strategy[]): string => buildPipeline(boot, device, strategies).blocks[0]!.name;

  test("the highest priority, then the first declared", () => {
    expect(chosen(strategy("a"), strategy("b"))).toBe("a");
    expect(chosen(strategy("a"), strategy("b", { priority: 10 }), strategy("c", { priority: 10 }))).toBe("b");
  });
  test("one that refuses is passed over", () => {
    expect(chosen(strategy("a", { priority: 10, accepts: () => refused("no") }), strategy("b"))).toBe("b");
  });
  test("where all refuse, every reason is told", () => {
    const refusing = ["no image", "no serial"].map((reason) => strategy("x", { accepts: () => refused(reason) }));
    expect(() => chosen(...refusing)).toThrow(
      expect.objectContaining({
        kind: "job",
        code: "ERR_STRATEGY_REFUSED",
        message: expect.stringMatching(/actions\[0\]\.boot.*fake-01.*no image.*no serial/),
        details: { reasons: ["m: no image", "m: no serial"] },
      }),
    );
  });
  test("an unknown method names the nearest known one", () => {
    const typo = job([{ boot: { method: "minimall" } }]);
    expect(() => buildPipeline(typo, device, [strategy("a", { method: ["minimal", "qemu"] })])).toThrow(
      expect.objectContaining({
        code: "ERR_STRATEGY_UNKNOWN",
        message: expect.stringMatching(/'minimall'.*Did you mean 'minimal'\?.*minimal, qemu/),
      }),
    );
  });
  test("a strategy of another section is not asked", () => {
    expect(() => chosen(strategy("a", { section: "deploy" }))).toThrow(
      expect.objectContaining({ code: "ERR_STRATEGY_UNKNOWN" }),
    );
  });
  test("a job's compatibility is its strategies' highest", () => {
    const two = job([{ boot: { method: "m" } }, { deploy: { to: "d" } }]);
    const strategies = [
      strategy("a", { compatibility: 4 }),
      strategy("b", { section: "deploy", method: "d" }),
      strategy("c", { method: "unused", compatibility: 9 }),
    ];
    expect(buildPipeline(two, device, strategies).compatibility).toBe(4);
  });
});

describe("what a strategy plans from", () => {
  const requests: PlanRequest[] = [];
  const spy = (section: "deploy" | "boot" | "test", method: string, more: Partial<Strategy> = {}): Strategy =>
    defineStrategy({
      section,
      method,
      schema: {},
      ...(more.traits ? { traits: more.traits } : {}),
      ...(more.usesDeploymentData === undefined ? {} : { usesDeploymentData: more.usesDeploymentData }),
      plan: (request) => {
        requests.push(request);
        return step(method);
      },
    });
  const shell = { needsOverlay: true, needsDeploymentData: true, hasShell: true };
  const none = { needsOverlay: false, needsDeploymentData: false, hasShell: false };
  const strategies = [
    spy("deploy", "tmpfs"),
    spy("deploy", "raw", { usesDeploymentData: false }),
    spy("boot", "m"),
    spy("test", "definitions", { traits: () => shell }),
    spy("test", "interactive", { traits: () => none }),
  ];
  const plan = (...actions: Json[]): readonly PlanRequest[] => {
    requests.length = 0;
    buildPipeline(job(actions), device, strategies);
    return requests;
  };
  const test_ = (namespace: string, more: JsonObject = {}): Json => ({ test: { namespace, definitions: [], ...more } });

  test("a deploy block knows what the tests after it need", () => {
    const [withTest, without] = plan(
      { deploy: { to: "tmpfs", namespace: "a", os: "debian" } },
      { deploy: { to: "tmpfs", namespace: "b", os: "debian" } },
      test_("a"),
    );
    expect(withTest!.namespace).toMatchObject(shell);
    expect(withTest!.deploymentData.distro).toBe("debian");
    expect(without!.namespace).toMatchObject({ ...none, tests: [] });
    expect(without!.deploymentData).toEqual({});
  });
  test("so do the blocks of the namespace that its connection is in", () => {
    const [deploy] = plan(
      { deploy: { to: "tmpfs", namespace: "dut" } },
      test_("tools", { "connection-namespace": "dut" }),
    );
    expect(deploy!.namespace.needsOverlay).toBe(true);
    expect(deploy!.namespace.tests).toHaveLength(1);
  });
  test("a preseed asks for deployment data without a test", () => {
    expect(plan({ deploy: { to: "tmpfs", os: "debian", preseed: {} } })[0]!.deploymentData.distro).toBe("debian");
  });
  test("a deploy that uses no deployment data gets none", () => {
    expect(plan({ deploy: { to: "raw", os: "debian" } }, { test: { definitions: [] } })[0]!.deploymentData).toEqual({});
  });
  test("stages count the tests of a namespace that need an overlay", () => {
    const stages = plan(test_("a"), { test: { namespace: "a", interactive: [] } }, test_("b"), test_("a")).map(
      ({ stage }) => stage,
    );
    expect(stages).toEqual([0, 1, 0, 1]);
  });
  test("first() is true once per key and namespace", () => {
    const [a, b, again] = plan(
      { boot: { method: "m", namespace: "a" } },
      { boot: { method: "m", namespace: "b" } },
      { boot: { method: "m", namespace: "a" } },
    );
    expect([a!.first("k"), a!.first("k"), b!.first("k"), again!.first("k"), again!.first("other")]).toEqual([
      true,
      false,
      true,
      false,
      true,
    ]);
  });
});

test("finalize comes last, in the namespace common, without the last block's parameters", () => {
  const pipeline = buildPipeline(job([{ boot: { method: "m", namespace: "a", timeout: { minutes: 3 } } }]), device, [
    strategy("a"),
  ]);
  expect(pipelineRoots(pipeline).map(({ level, name }) => `${level} ${name}`)).toEqual(["1 a", "2 finalize"]);
  expect(pipeline.finalize).toMatchObject({ namespace: "common", section: "finalize", timeoutMs: 30_000 });
  expect(pipeline.finalize.children.map(({ name }) => name)).toEqual(["power-off", "read-feedback"]);
});

test("finalize's timeout is the job's or the device's by name", () => {
  const timeouts = { job: { minutes: 10 }, actions: { finalize: { minutes: 2 } } };
  const slow = toDevice({ timeouts: { actions: { "power-off": { seconds: 10 } } } });
  const { finalize } = buildPipeline(job([], { timeouts }), slow, []);
  expect([finalize.timeoutMs, finalize.children[0]!.timeoutMs]).toEqual([120_000, 10_000]);
});

test("a description has LAVA's keys, whole seconds, url on downloads, and no empty pipeline", () => {
  const download = defineAction({ name: "http-download", summary: "", url: "http://x/y", run: async () => {} });
  const pipeline = buildPipeline(job([{ boot: { method: "m", failure_retry: 2, timeout: { seconds: 61 } } }]), device, [
    defineStrategy({ section: "boot", method: "m", schema: {}, plan: () => retry("r", download, sequence("empty")) }),
  ]);
  expect(describePipeline(pipeline)[0]).toEqual({
    name: "r",
    level: "1",
    max_retries: 2,
    timeout: 61,
    pipeline: [
      { name: "http-download", level: "1.1", max_retries: 1, timeout: 30, url: "http://x/y" },
      { name: "empty", level: "1.2", max_retries: 1, timeout: 30 },
    ],
  });
});

describe("unmetReads", () => {
  const s = slot<string>("s");
  const write = defineAction({ name: "write", summary: "", writes: { s }, run: async () => ({ s: "x" }) });
  const read = defineAction({ name: "read", summary: "", reads: { s }, run: async () => {} });
  const unmet = (...blocks: readonly { ns?: string; node: Parameters<typeof sequence>[1] }[]) => {
    const nodes = blocks.map(({ node }) => sequence("s", node));
    let next = 0;
    const strategies = [defineStrategy({ section: "boot", method: "m", schema: {}, plan: () => nodes[next++]! })];
    const actions = blocks.map(({ ns }) => ({ boot: { method: "m", ...(ns === undefined ? {} : { namespace: ns }) } }));
    return unmetReads(buildPipeline(job(actions), device, strategies));
  };
  test("none where it is written before", () => expect(unmet({ node: sequence("x", write, read) })).toEqual([]));
  test("a value of an earlier block counts", () =>
    expect(unmet({ node: write }, { node: retry("r", read) })).toEqual([]));
  test("written too late", () => {
    expect(unmet({ node: sequence("x", read, write) })).toEqual([
      { level: "1.1.1", action: "read", slot: "s", namespace: "common" },
    ]);
  });
  test("written in another namespace", () => {
    expect(unmet({ ns: "a", node: write }, { ns: "b", node: read })).toEqual([
      { level: "2.1", action: "read", slot: "s", namespace: "b" },
    ]);
  });
  test("read from the namespace it names", () => {
    const readA = defineAction({ name: "read", summary: "", reads: { s: inNamespace(s, "a") }, run: async () => {} });
    expect(unmet({ ns: "a", node: write }, { ns: "b", node: readA })).toEqual([]);
  });
  test("an optional read needs nobody", () => {
    const maybe = defineAction({ name: "maybe", summary: "", reads: { s: optional(s) }, run: async () => {} });
    expect(unmet({ node: maybe })).toEqual([]);
  });
  test("a group's head writes before its children read", () => {
    expect(unmet({ node: sequence(write, read) })).toEqual([]);
  });
});
