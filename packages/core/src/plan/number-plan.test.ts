import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toDevice } from "../device/device.js";
import { toJob } from "../job/to-job.js";
import type { JsonObject } from "../json.js";
import { defineAction } from "./action.js";
import { numberPlan, type PlannedNode } from "./number-plan.js";
import { type PlanNode, retry, sequence, withParameters } from "./plan-node.js";

const action = (name: string, defaultTimeoutMs?: number) =>
  defineAction({
    name,
    summary: name,
    ...(defaultTimeoutMs === undefined ? {} : { defaultTimeoutMs }),
    run: async () => {},
  });

interface Given {
  readonly timeouts?: JsonObject;
  readonly context?: JsonObject;
  readonly device?: JsonObject;
  readonly block?: JsonObject;
  readonly section?: "deploy" | "boot" | "test";
}

function number(
  node: PlanNode,
  { timeouts = {}, context = {}, device = {}, block = {}, section = "deploy" }: Given = {},
) {
  const job = toJob({ job_name: "j", timeouts: { job: { hours: 10 }, ...timeouts }, context, actions: [] });
  const constants = { context: job.context, device: toDevice(device) };
  return numberPlan(node, "1", { job, constants, section, namespace: "common", parameters: block });
}

const seconds = (node: PlannedNode): number => node.timeoutMs / 1000;
const at = (root: PlannedNode, level: string): PlannedNode => {
  const found = [root, ...root.children.flatMap((c) => [c, ...c.children.flatMap((d) => [d, ...d.children])])];
  return found.find((node) => node.level === level)!;
};

describe("an action's timeout, later wins", () => {
  const own = action("dd-image", 600_000);
  test("nothing named: 30 seconds", () => expect(seconds(number(action("x")))).toBe(30));
  test("the action's own default", () => expect(seconds(number(own))).toBe(600));
  test("a group has its head's default", () => expect(seconds(number(sequence(own, action("x"))))).toBe(600));

  // each step adds one source to those before it
  const sources: readonly [string, Given, number][] = [
    ["the job's action", { timeouts: { action: { seconds: 1000 } } }, 1000],
    ["the device's name", { device: { timeouts: { actions: { "dd-image": { seconds: 1001 } } } } }, 1001],
    ["the block", { block: { timeout: { seconds: 1002 } } }, 1002],
    ["the job's name", { timeouts: { action: { seconds: 1000 }, actions: { "dd-image": { seconds: 1003 } } } }, 1003],
    ["the block's name", { block: { timeout: { seconds: 1002 }, timeouts: { "dd-image": { seconds: 1004 } } } }, 1004],
  ];
  test.each(sources.map(([what, , wanted], i) => [what, wanted, sources.slice(0, i + 1)] as const))(
    "%s: %d s",
    (_what, wanted, upTo) => {
      const given = Object.assign({}, ...upTo.map(([, one]) => one)) as Given;
      expect(seconds(number(own, given))).toBe(wanted);
    },
  );

  test("a name counts for that action alone", () => {
    expect(seconds(number(action("x"), { timeouts: { actions: { y: { minutes: 5 } } } }))).toBe(30);
  });
  test("a block's timeout is inherited in full by all below", () => {
    const root = number(sequence("a", sequence("b", action("c"))), { block: { timeout: { minutes: 5 } } });
    expect(["1", "1.1", "1.1.1"].map((level) => seconds(at(root, level)))).toEqual([300, 300, 300]);
  });
});

describe("a retry divides its budget among its attempts", () => {
  test("in whole seconds", () => {
    const root = number(retry("r", action("a"), action("b")), {
      block: { timeout: { seconds: 100 }, failure_retry: 3 },
    });
    expect(root.children.map(seconds)).toEqual([33, 33]);
    expect(seconds(root)).toBe(100);
  });
  test("again at each retry below", () => {
    const root = number(retry("r", retry("s", action("a"))), { block: { timeout: { minutes: 5 }, failure_retry: 2 } });
    expect(["1", "1.1", "1.1.1"].map((level) => seconds(at(root, level)))).toEqual([300, 150, 75]);
    expect(at(root, "1.1").maxRetries).toBe(2);
  });
  test("a share of nothing is 30 seconds", () => {
    const root = number(retry("r", action("a")), { block: { timeout: { seconds: 2 }, failure_retry: 3 } });
    expect(seconds(root.children[0]!)).toBe(30);
  });
  test("a share loses to names, and beats the block, the device and the default", () => {
    const given: Given = {
      block: { timeout: { minutes: 10 }, failure_retry: 2, timeouts: { d: { seconds: 7 } } },
      device: { timeouts: { actions: { b: { seconds: 5 } } } },
      timeouts: { actions: { c: { seconds: 6 } } },
    };
    const root = number(retry("r", action("a", 90_000), action("b"), action("c"), action("d")), given);
    expect(root.children.map(seconds)).toEqual([300, 300, 6, 7]);
  });
  test("a sequence between passes the share on by its own number, not its children's", () => {
    const root = number(retry("r", sequence("s", action("a"))), {
      block: { timeout: { minutes: 4 }, failure_retry: 2 },
    });
    // LAVA divides the direct children's budget only: 1.1.1 takes the block's timeout again
    expect(["1.1", "1.1.1"].map((level) => seconds(at(root, level)))).toEqual([120, 240]);
  });
  test("for any depth and numbers: every level is the floor of its parent's share", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 2, max: 9 }), (total, tries) => {
        const root = number(retry("a", retry("b", action("c"))), {
          block: { timeout: { seconds: total }, failure_retry: tries },
        });
        const share = (of: number): number => Math.floor(of / tries) || 30;
        expect(seconds(at(root, "1.1"))).toBe(share(total));
        expect(seconds(at(root, "1.1.1"))).toBe(share(share(total)));
      }),
    );
  });
});

describe("attempts", () => {
  const node = retry("r", action("a"));
  const tries = (given: Given): readonly [number, boolean] => {
    const { maxRetries, repeats } = number(node, given);
    return [maxRetries, repeats];
  };
  test("one where nobody says more", () => expect(tries({})).toEqual([1, false]));
  test("the block's failure_retry", () => expect(tries({ block: { failure_retry: 4 } })).toEqual([4, false]));
  test("the block's repeat runs them all", () => expect(tries({ block: { repeat: 3 } })).toEqual([3, true]));
  test("repeat and failure_retry together are refused", () => {
    expect(() => tries({ block: { repeat: 2, failure_retry: 2 } })).toThrow(
      expect.objectContaining({ kind: "job", code: "ERR_JOB_INVALID" }),
    );
  });
  test("the device's failure_retry", () => {
    expect(tries({ device: { constants: { failure_retry: 2 } } })).toEqual([2, false]);
    expect(tries({ device: { constants: { failure_retry: 0 } } })).toEqual([1, false]);
  });
  test("the job's context overrides the device's", () => {
    expect(tries({ device: { constants: { failure_retry: 2 } }, context: { failure_retry: 5 } })).toEqual([5, false]);
  });
  test("boot_retry replaces it in boot blocks only", () => {
    const device = { constants: { failure_retry: 2, boot_retry: 4 } };
    expect(tries({ device, section: "boot" })).toEqual([4, false]);
    expect(tries({ device, section: "deploy" })).toEqual([2, false]);
    expect(tries({ device: { constants: { failure_retry: 2, boot_retry: null } }, section: "boot" })).toEqual([
      2,
      false,
    ]);
  });
  test("the block beats the device", () => {
    const device = { constants: { boot_retry: 4 } };
    expect(tries({ device, section: "boot", block: { failure_retry: 2 } })).toEqual([2, false]);
  });
  test("only retry nodes have attempts", () => {
    expect(number(sequence("s", action("a")), { block: { failure_retry: 4 } }).maxRetries).toBe(1);
  });
  test("the interval is one second, or the block's", () => {
    expect(number(node).retryIntervalMs).toBe(1000);
    expect(number(node, { block: { failure_retry_interval: 7 } }).retryIntervalMs).toBe(7000);
  });
});

describe("a subtree with its own parameters", () => {
  const given: Given = {
    timeouts: { action: { seconds: 50 } },
    block: { timeout: { minutes: 9 }, timeouts: { a: { seconds: 3 } }, failure_retry: 4 },
  };
  test("empty ones: neither timeout, nor names, nor attempts of the block count (a command block)", () => {
    const root = number(withParameters({}, retry("r", action("a"))), given);
    expect([seconds(root), root.maxRetries, seconds(root.children[0]!)]).toEqual([50, 1, 50]);
  });
  test("the rest of the tree keeps the block's", () => {
    const root = number(
      sequence("s", withParameters({ failure_retry: 2 }, retry("r", action("b"))), action("a")),
      given,
    );
    expect(root.children.map(({ maxRetries }) => maxRetries)).toEqual([2, 1]);
    expect(seconds(at(root, "1.2"))).toBe(3);
  });
});

test("connection timeouts: the job's, the device's name, the job's name; a block's timeout does not touch them", () => {
  const ms = (given: Given): number =>
    number(action("a"), { ...given, block: { timeout: { hours: 1 } } }).connectionTimeoutMs;
  const device = { timeouts: { connections: { a: { seconds: 2 } } } };
  expect(ms({})).toBe(30_000);
  expect(ms({ timeouts: { connection: { seconds: 1 } } })).toBe(1_000);
  expect(ms({ timeouts: { connection: { seconds: 1 } }, device })).toBe(2_000);
  expect(ms({ timeouts: { connection: { seconds: 1 }, connections: { a: { seconds: 3 } } }, device })).toBe(3_000);
});

test("skip is the block's", () => {
  expect(number(action("a"), { block: { timeout: { minutes: 1, skip: true } } }).skipOnTimeout).toBe(true);
  expect(number(action("a"), { block: { timeout: { minutes: 1 } } }).skipOnTimeout).toBe(false);
});

test("levels count from one at each depth; children that are left out take no number", () => {
  const root = number(sequence("s", false, action("a"), undefined, sequence("t", action("b"), null, action("c"))));
  expect([root.level, ...root.children.map(({ level }) => level)]).toEqual(["1", "1.1", "1.2"]);
  expect(at(root, "1.2").children.map(({ name, level }) => `${level} ${name}`)).toEqual(["1.2.1 b", "1.2.2 c"]);
});
