import { defineProtocol, type JsonObject, jobError, multinodeError } from "@basalt/core";
import { inlineTest, planOf, planText } from "@basalt/testing";
import { expect, test } from "vitest";
import { runOnShell, shellDevice } from "../fixtures/shell-device.js";
import { definitions, multinodeDefinitions } from "./index.js";

const group: JsonObject = {
  "lava-multinode": { target_group: "g1", role: "client", roles: { "41": "server", "42": "client" } },
};

const planned = (protocols: JsonObject): string => {
  const job = {
    job_name: "x",
    timeouts: { job: { minutes: 9 } },
    protocols,
    actions: [{ test: { definitions: [], role: ["client"], failure_retry: 3 } }],
  };
  return planText(planOf({ job, device: {}, strategies: [definitions, multinodeDefinitions] })).split("\n")[0] ?? "";
};

test("a job of a group is not tried again as a whole; one that is none is planned as any other", () => {
  expect(planned(group)).toBe("1 multinode-test 30s");
  expect(planned({})).toBe("1 lava-test-retry 30s x3");
});

const coordinator = (asked: JsonObject[], answer: (request: JsonObject) => JsonObject) =>
  defineProtocol({
    name: "lava-multinode",
    schema: {},
    open: async () => ({
      async before(_action, request) {
        asked.push(request);
        return answer(request);
      },
      async [Symbol.asyncDispose]() {},
    }),
  });

const steps = [
  "lava-send ready ip=10.0.0.2 note=a=b",
  "lava-wait address && lava-test-case waited --result pass",
  "grep -q '41:ip=10.0.0.7' /tmp/lava_multi_node_cache.txt && lava-test-case cached --result pass",
  "lava-wait-all done server || lava-test-case refused --result pass",
  "lava-sync end && lava-test-case synced --result pass",
];

async function run(answer: (request: JsonObject) => JsonObject, list = steps) {
  const asked: JsonObject[] = [];
  await using device = shellDevice("/bin/bash");
  const ran = await runOnShell(device, {
    definitions: [inlineTest("group", list)],
    test: { role: ["client"] },
    protocols: group,
    answering: [coordinator(asked, answer)],
  });
  const results = ran.results.map(({ definition, case: name, result }) => `${definition} ${name} ${result}`);
  return { ...ran, asked, lines: results.filter((line) => /^lava multinode-(?!test)|^0_group /.test(line)) };
}

test("the device's requests reach the group, its answers the device", async () => {
  const { outcome, asked, lines } = await run(({ request }) => {
    if (request === "lava-wait") return { "41": { ip: "10.0.0.7" } };
    if (request === "lava-wait-all") throw jobError("ERR_X", "nobody of that role");
    return {};
  });
  expect(outcome).toEqual({ result: "pass" });
  expect(asked).toEqual([
    { request: "lava-send", messageID: "ready", message: { ip: "10.0.0.2", note: "a=b" } },
    { request: "lava-wait", messageID: "address" },
    { request: "lava-wait-all", messageID: "done", waitrole: "server" },
    { request: "lava-sync", messageID: "end" },
  ]);
  expect(lines).toEqual([
    "lava multinode-send-ready pass",
    "lava multinode-wait-address pass",
    "0_group waited pass",
    "0_group cached pass",
    "lava multinode-wait_all-done fail",
    "0_group refused pass",
    "lava multinode-sync-end pass",
    "0_group synced pass",
  ]);
});

test("other jobs that never come end the test, and are named as such", async () => {
  const { outcome } = await run(() => {
    throw multinodeError("ERR_X", "lava-sync end: 1 of 2 jobs came in 90 s");
  }, ["lava-sync end"]);
  expect(outcome).toMatchObject({
    result: "fail",
    error: { kind: "multinode", message: expect.stringContaining("1 of 2") },
  });
});

test("a group without anyone to ask is refused before the test begins", async () => {
  await using device = shellDevice("/bin/bash");
  const ran = await runOnShell(device, {
    definitions: [inlineTest("group", ["true"])],
    test: { role: ["client"] },
    protocols: group,
  });
  expect(ran.outcome).toMatchObject({
    result: "fail",
    error: { kind: "job", message: expect.stringContaining("lava-multinode") },
  });
});
