import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../people/rights.js";
import { systemAdmin } from "../people/system-admin.js";
import { type TestHttp, testHttp } from "../testing/test-http.js";

// whoever is refused tries again: nothing of the first attempt may be there then
let http: TestHttp;
let root: Person;
beforeAll(async () => {
  http = await testHttp();
  root = await http.lab.person("root", { superuser: true });
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

test("a group with somebody unknown in it is not added", async () => {
  const group = { name: "kernel", users: ["root", "nobody-here"], permissions: ["add_tag"] };
  const read = await http.ask(root, "POST", "/api/v0.2/groups/", group);
  expect(read).toMatchObject({ status: 400, json: { code: "ERR_UNKNOWN_REFERENCE" } });
  const wrong = await http.ask(root, "POST", "/api/v0.2/groups/", { ...group, users: [], permissions: ["add_planet"] });
  expect(wrong).toMatchObject({ status: 400, json: { code: "ERR_PERMISSION_UNKNOWN" } });
  expect(await http.ask(root, "POST", "/api/v0.2/groups/", { ...group, users: ["root"] })).toMatchObject({
    status: 201,
    json: { name: "kernel", users: ["root"], permissions: ["add_tag"] },
  });
  expect((await http.ask(root, "POST", "/api/v0.2/groups/", { name: "kernel" })).status).toBe(409);
});

test("a health that is none changes nothing beside it", async () => {
  for (const [path, more] of [
    ["/api/v0.2/devices/d1/", { description: "changed" }],
    ["/api/v0.2/workers/w1/", { description: "changed", job_limit: 7 }],
  ] as const) {
    const before = (await http.ask(root, "GET", path)).json;
    const read = await http.ask(root, "PATCH", path, { ...more, health: "Purple" });
    expect(read).toMatchObject({ status: 400, json: { code: "ERR_HEALTH" } });
    expect((await http.ask(root, "GET", path)).json).toEqual(before);
  }
});

test("a worker is added with its health, by who may add workers and change none", async () => {
  const carl = await http.lab.person("carl");
  await http.lab.services.people.updateUser(systemAdmin, "carl", { permissions: ["add_worker"] });
  for (const health of ["Maintenance", "Retired", "Active"]) {
    const worker = { hostname: `rack-${health}`, health };
    expect(await http.ask(carl, "POST", "/api/v0.2/workers/", worker)).toMatchObject({ status: 201, json: worker });
  }
});
