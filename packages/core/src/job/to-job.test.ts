import { expect, test } from "vitest";
import { toJob } from "./to-job.js";

const minimal = { job_name: "j", timeouts: { job: { minutes: 5 } }, actions: [] };

test("a block has the section, the index, its own keys and the namespace common", () => {
  const { blocks } = toJob({ ...minimal, actions: [{ deploy: { to: "tmpfs" } }, { boot: { method: "qemu" } }] });
  expect(blocks).toEqual([
    { section: "deploy", index: 0, params: { to: "tmpfs" }, namespace: "common", connectionNamespace: "common" },
    { section: "boot", index: 1, params: { method: "qemu" }, namespace: "common", connectionNamespace: "common" },
  ]);
});

test("a block's connection may live in another namespace", () => {
  const [block] = toJob({
    ...minimal,
    actions: [{ test: { namespace: "tester", "connection-namespace": "dut", definitions: [] } }],
  }).blocks;
  expect(block).toMatchObject({ namespace: "tester", connectionNamespace: "dut" });
});

test("a job's protocol data are in every block's parameters", () => {
  const [block] = toJob({
    ...minimal,
    protocols: { "lava-multinode": { role: "server" } },
    actions: [{ boot: { method: "minimal" } }],
  }).blocks;
  expect(block?.params).toEqual({ "lava-multinode": { role: "server" }, method: "minimal" });
});

test("secrets are text, whatever YAML read", () => {
  expect(toJob({ ...minimal, secrets: { a: "x", b: 42, c: true, d: null } }).secrets).toEqual({
    a: "x",
    b: "42",
    c: "true",
  });
});

test("an unknown block is refused by its place and name", () => {
  expect(() => toJob({ ...minimal, actions: [{ deploy: {} }, { repeat: {} }] })).toThrow(
    expect.objectContaining({
      kind: "job",
      code: "ERR_JOB_INVALID",
      message: expect.stringMatching(/actions\[1\].*repeat/),
    }),
  );
});

test("what is no mapping is no job", () => {
  expect(() => toJob(["a"])).toThrow(expect.objectContaining({ code: "ERR_JOB_INVALID" }));
});

test("a job without a timeout gets LAVA's 30 seconds", () => {
  expect(toJob({ job_name: "j", actions: [] }).timeouts.jobMs).toBe(30_000);
});
