import { afterAll, beforeAll, expect, test } from "vitest";
import type { Person } from "../people/rights.js";
import type { Asker } from "../services/types.js";
import { type TestHttp, testHttp } from "../testing/test-http.js";
import { jobText } from "../testing/test-services.js";

/**
 * Who may do what, over HTTP: the rules of spec 5.3 as one table. Owner: submitted the jobs and may change device `owned` by a group.
 * Member: is in the group that the visibility names and that may see device `closed`.
 */
const people = ["anonymous", "user", "member", "owner", "superuser"] as const;
let http: TestHttp;
const askers = new Map<string, Asker>();

beforeAll(async () => {
  http = await testHttp();
  const { lab } = http;
  const root = await lab.person("root", { superuser: true });
  for (const name of ["closed", "owned"]) await lab.device(name);
  for (const name of ["team", "keepers"]) await lab.services.people.addGroup(root, name);
  const person = (name: string, groups: readonly string[]): Promise<Person> => lab.person(name, { groups });
  askers.set("anonymous", undefined);
  askers.set("user", await person("ulla", []));
  askers.set("member", await person("mona", ["team"]));
  askers.set("owner", await person("olaf", ["team", "keepers"]));
  askers.set("superuser", root);
  const grant = (object: string, group: string, codename: "view" | "submit_to" | "change") =>
    lab.services.people.grant(root, { kind: "device", object, group, codename });
  await grant("closed", "team", "view");
  await grant("closed", "team", "submit_to");
  await grant("owned", "keepers", "change");
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

const submit = async (more: Parameters<typeof jobText>[0]): Promise<number> => {
  const read = await http.ask(askers.get("owner"), "POST", "/api/v0.2/jobs/", { definition: jobText(more) });
  expect(read.status, read.text).toBe(201);
  return read.json.job_ids[0];
};

/** The statuses that each gets, in the order of `people`; what is asked for is made new for each. */
async function statuses(what: (name: string) => Promise<readonly [string, string, unknown?]>): Promise<number[]> {
  const got: number[] = [];
  for (const name of people) {
    const [method, path, body] = await what(name);
    got.push((await http.ask(askers.get(name), method, path, body)).status);
  }
  return got;
}

const visibilities = { public: "public", personal: "personal", group: { group: ["team"] } } as const;
const seen = {
  public: [200, 200, 200, 200, 200],
  personal: [404, 404, 404, 200, 200],
  group: [404, 404, 200, 200, 200],
};
for (const [name, visibility] of Object.entries(visibilities)) {
  const expected = seen[name as keyof typeof seen];
  /** Those who don't see it are told that there is none, whatever they ask for. */
  const unless404 = (statusesOfSeers: readonly number[]): number[] =>
    expected.map((status, index) => (status === 404 ? 404 : (statusesOfSeers[index] ?? 0)));

  test(`${name} jobs: look, log, list`, async () => {
    const id = await submit({ visibility: visibility as never });
    for (const part of ["", "metadata/", "suites/", "tests/", "csv/", "yaml/", "junit/", "tap13/"])
      expect([part, await statuses(async () => ["GET", `/api/v0.2/jobs/${id}/${part}`])]).toEqual([part, expected]);
    const counts: number[] = [];
    for (const who of people)
      counts.push((await http.ask(askers.get(who), "GET", `/api/v0.2/jobs/?id=${id}`)).json.count);
    expect(counts).toEqual(expected.map((status) => (status === 200 ? 1 : 0)));
  });

  test(`${name} jobs: cancel, change, submit again`, async () => {
    const fresh = async (): Promise<string> => `/api/v0.2/jobs/${await submit({ visibility: visibility as never })}/`;
    expect(await statuses(async () => ["POST", `${await fresh()}cancel/`])).toEqual(
      unless404([401, 403, 403, 200, 200]),
    );
    expect(await statuses(async () => ["GET", `${await fresh()}cancel/`])).toEqual(
      unless404([401, 403, 403, 200, 200]),
    );
    expect(await statuses(async () => ["PATCH", await fresh(), { priority: 60 }])).toEqual(
      unless404([401, 403, 403, 200, 200]),
    );
    // whoever may use the device may run the same on it
    expect(await statuses(async () => ["POST", `${await fresh()}resubmit/`])).toEqual(
      unless404([401, 201, 201, 201, 201]),
    );
  });
}

test("a device that a group may see", async () => {
  expect(await statuses(async () => ["GET", "/api/v0.2/devices/closed/"])).toEqual([404, 404, 200, 200, 200]);
  expect(await statuses(async () => ["GET", "/api/v0.2/devices/closed/dictionary/"])).toEqual([
    404, 404, 200, 200, 200,
  ]);
  const health = ["POST", "/api/v0.2/devices/closed/set_health/", { health: "Good" }] as const;
  expect(await statuses(async () => health)).toEqual([404, 404, 403, 403, 202]);
  const definition = jobText({ device: "closed" });
  expect(await statuses(async () => ["POST", "/api/v0.2/jobs/", { definition }])).toEqual([401, 400, 201, 201, 201]);
});

test("a device that a group may change", async () => {
  const at = "/api/v0.2/devices/owned/";
  expect(await statuses(async () => ["GET", at])).toEqual([200, 200, 200, 200, 200]);
  expect(await statuses(async () => ["PATCH", at, { description: "x" }])).toEqual([401, 403, 403, 200, 200]);
  expect(await statuses(async () => ["POST", `${at}set_health/`, { health: "Good" }])).toEqual([
    401, 403, 403, 202, 202,
  ]);
  const dictionary = '{% extends "qemu.jinja2" %}';
  expect(await statuses(async () => ["POST", `${at}dictionary/`, { dictionary }])).toEqual([401, 403, 403, 200, 200]);
  // to have a device is not to have the lab
  expect(await statuses(async () => ["POST", "/api/v0.2/devices/", { hostname: "new", device_type: "qemu" }])).toEqual([
    401, 403, 403, 403, 201,
  ]);
  expect(await statuses(async (name) => ["DELETE", name === "superuser" ? "/api/v0.2/devices/new/" : at])).toEqual([
    401, 403, 403, 403, 204,
  ]);
});

test("the lab itself is for superusers", async () => {
  for (const [path, body] of [
    ["workers", { hostname: "w9" }],
    ["devicetypes", { name: "t9" }],
    ["tags", { name: "tag9" }],
    ["users", { username: "u9" }],
    ["groups", { name: "g9" }],
  ] as const)
    expect([path, await statuses(async () => ["POST", `/api/v0.2/${path}/`, body])]).toEqual([
      path,
      [401, 403, 403, 403, 201],
    ]);
});
