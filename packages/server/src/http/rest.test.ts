import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Person } from "../people/rights.js";
import type { Asker } from "../services/types.js";
import { type Read, type TestHttp, testHttp } from "../testing/test-http.js";
import { jobText } from "../testing/test-services.js";
import { openApiDocument } from "./openapi.js";
import type { Route } from "./route.js";
import { routes } from "./routes/index.js";

let http: TestHttp;
let ann: Person;
let bob: Person;
let root: Person;
beforeAll(async () => {
  http = await testHttp();
  ann = await http.lab.person("ann", { groups: ["kernel"] });
  bob = await http.lab.person("bob");
  root = await http.lab.person("root", { superuser: true });
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

const document = openApiDocument("0.1.0") as { components: object };
const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });
addFormats.default(ajv as never);
ajv.addSchema({ ...document, $id: "openapi" });
const answered = new Set<string>();

const matches = (route: Route, path: string): boolean =>
  new RegExp(`^${route.path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}?$`).test(path);

/** Asks, and checks the answer against what the document says of it. */
async function ask(
  asker: Asker,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Read> {
  const read = await http.ask(asker, method, path, body, headers);
  const plain = path.split("?")[0] ?? "";
  const route = routes.find(
    (one) => one.method === method.toLowerCase() && matches(one, plain.endsWith("/") ? plain : `${plain}/`),
  );
  if (!route) return read;
  answered.add(`${route.id} ${read.status}`);
  const described = route.answers[read.status];
  expect(described, `${method} ${path} answered ${read.status}: ${read.text}`).toBeDefined();
  if (described?.schema) {
    const check = ajv.compile(
      JSON.parse(JSON.stringify(described.schema).replaceAll("#/components", "openapi#/components")),
    );
    expect([path, check(read.json), check.errors]).toEqual([path, true, null]);
  } else if (described?.type)
    expect([described.type].flat()).toContain(read.headers.get("content-type")?.split(";")[0]);
  else expect(read.text).toBe("");
  return read;
}

const submit = async (asker: Asker, more: Parameters<typeof jobText>[0] = {}): Promise<number> => {
  const read = await ask(asker, "POST", "/api/v0.2/jobs/", { definition: jobText(more) });
  expect(read).toMatchObject({ status: 201, json: { message: "job(s) successfully submitted" } });
  return read.json.job_ids[0];
};

/** A finished job with a log and results. */
async function finishedJob(): Promise<number> {
  const { lab } = http;
  const id = await submit(ann);
  const line = (msg: object | string, lvl = "info") =>
    `- ${JSON.stringify({ dt: "2026-11-22T10:00:00.000000", lvl, msg }, null, 0).replace(/":"/g, '": "').replace('"lvl": ', '"lvl": ')}\n`;
  const spaced = (msg: object) =>
    `- {"dt": "2026-11-22T10:00:00.000000", "lvl": "results", "msg": ${JSON.stringify(msg)}}\n`;
  const lines = [
    line("booting"),
    line("it <broke> & \u001b[31mhow"),
    spaced({ definition: "0_smoke", case: "boots", result: "pass", duration: "1.50" }),
    spaced({
      definition: "0_smoke",
      case: "speed",
      result: "fail",
      measurement: "12.5",
      units: "MB/s",
      starttc: 0,
      endtc: 1,
    }),
    spaced({ definition: "0_smoke", case: "suspend", result: "skip" }),
    spaced({ definition: "lava", case: "job", result: "pass" }),
  ];
  await lab.intake.append(id, 0, Buffer.from(lines.join("")), lines.length);
  await lab.intake.settle(id);
  await lab.life.running(id);
  await lab.life.finished(id, { result: "pass" });
  return id;
}

describe("jobs", () => {
  test("submit, look, cancel, submit again", async () => {
    const id = await submit(ann, { metadata: { branch: "main" }, job_name: "first" });
    const read = await ask(undefined, "GET", `/api/v0.2/jobs/${id}/`);
    expect(read.json).toMatchObject({ id, submitter: "ann", state: "Submitted", visibility: "Public", priority: 50 });
    expect((await ask(undefined, "GET", `/api/v0.2/jobs/${id}`)).json.id).toBe(id);
    expect((await ask(bob, "GET", `/api/v0.2/jobs/${id}/metadata/`)).json).toEqual({ metadata: [{ branch: "main" }] });
    expect(await ask(bob, "GET", `/api/v0.2/jobs/${id}/logs/`)).toMatchObject({
      status: 404,
      json: { code: "ERR_NO_LOG" },
    });
    expect((await ask(ann, "PATCH", `/api/v0.2/jobs/${id}/`, { priority: 77 })).json.priority).toBe(77);
    expect((await ask(ann, "PATCH", `/api/v0.2/jobs/${id}/`, { priority: 177 })).json.priority).toEqual([
      "must be <= 100",
    ]);
    expect((await ask(ann, "PATCH", `/api/v0.2/jobs/${id}/`, { failure_comment: "x" })).status).toBe(409);
    expect((await ask(bob, "POST", `/api/v0.2/jobs/${id}/cancel/`)).json).toMatchObject({ code: "ERR_FORBIDDEN" });
    expect((await ask(undefined, "GET", `/api/v0.2/jobs/${id}/cancel/`)).status).toBe(401);
    expect((await ask(ann, "GET", `/api/v0.2/jobs/${id}/cancel/`)).json.message).toBe("Job cancel signal sent.");
    expect((await ask(ann, "POST", `/api/v0.2/jobs/${id}/cancel/`)).json.message).toBe("Job had ended already.");
    const again = await ask(bob, "POST", `/api/v0.2/jobs/${id}/resubmit/`);
    expect(again.status).toBe(201);
    const other = await submit(bob);
    for (const path of ["batch-cancel", "batch_cancel"])
      expect((await ask(ann, "POST", `/api/v0.2/jobs/${path}/`, { job_ids: [id, other, 999999] })).json).toMatchObject({
        job_ids: [id],
        invalid_job_ids: [other, 999999],
      });
    expect((await ask(ann, "POST", "/api/v0.2/jobs/batch-cancel/", { job_ids: "x" })).status).toBe(400);
    await ask(bob, "POST", "/api/v0.2/jobs/batch-cancel/", { job_ids: [other, ...again.json.job_ids] });
  });

  test("a group of jobs has ids with a point", async () => {
    const definition = JSON.stringify({
      job_name: "two",
      visibility: "public",
      timeouts: { job: { minutes: 5 }, action: { minutes: 1 }, connection: { minutes: 1 } },
      protocols: {
        "lava-multinode": { roles: { a: { device_type: "qemu", count: 1 }, b: { device_type: "qemu", count: 1 } } },
      },
      actions: [{ command: { name: "hello", role: ["a", "b"] } }],
    });
    const { status, json } = await ask(ann, "POST", "/api/v0.2/jobs/", { definition });
    expect([status, json.job_ids ?? json]).toEqual([
      201,
      [expect.stringMatching(/^\d+\.0$/), expect.stringMatching(/^\d+\.1$/)],
    ]);
    const member = await ask(ann, "GET", `/api/v0.2/jobs/${json.job_ids[1]}/`);
    expect(member.json).toMatchObject({
      public_id: json.job_ids[1],
      role: "b",
      group: [{ public_id: json.job_ids[0] }],
    });
    await ask(ann, "POST", `/api/v0.2/jobs/${json.job_ids[0]}/cancel/`);
  });

  test("what is wrong is said in words", async () => {
    const refused = async (asker: Asker, definition: unknown) => ask(asker, "POST", "/api/v0.2/jobs/", { definition });
    expect((await ask(undefined, "POST", "/api/v0.2/jobs/", { definition: jobText() })).status).toBe(401);
    expect((await refused(ann, "job_name: [")).json).toMatchObject({ message: expect.stringMatching(/job:1/) });
    expect(await refused(ann, jobText({ device_type: "none" }))).toMatchObject({
      status: 404,
      json: { code: "ERR_DEVICE_TYPE_UNKNOWN", message: expect.stringContaining("no device type 'none'") },
    });
    expect((await ask(ann, "POST", "/api/v0.2/jobs/", {})).json.definition).toEqual(["This field is required."]);
    expect(await ask(ann, "POST", "/api/v0.2/jobs/", undefined, { "Content-Type": "application/json" })).toMatchObject({
      status: 400,
    });
    const broken = await fetch(`${http.url}/api/v0.2/jobs/`, {
      method: "POST",
      headers: { Authorization: `Token ${await http.tokenOf(ann)}`, "Content-Type": "application/json" },
      body: "{",
    });
    expect([broken.status, Object.keys((await broken.json()) as object)]).toEqual([400, ["detail", "code"]]);
    const huge = await ask(ann, "POST", "/api/v0.2/jobs/", { definition: "x".repeat(6_000_000) }).catch(
      () => undefined,
    );
    expect(huge?.status ?? 413).toBe(413);
    const { json } = await ask(undefined, "GET", "/api/v0.2/jobs/?stat=x");
    expect(json).toMatchObject({ code: "ERR_FILTER_UNKNOWN", stat: [expect.stringContaining("did you mean 'state'")] });
    expect(await http.ask(undefined, "GET", "/api/v0.2/nothing/")).toMatchObject({
      status: 404,
      json: { code: "ERR_NOT_FOUND" },
    });
    expect((await http.ask(undefined, "DELETE", "/api/v0.2/jobs/")).status).toBe(405);
  });

  test("forms do as well as JSON, and validation changes nothing", async () => {
    const form = new URLSearchParams({ definition: jobText(), strict: "true" });
    const read = await http.ask(undefined, "POST", "/api/v0.2/jobs/validate/", form.toString(), {
      "Content-Type": "application/x-www-form-urlencoded",
    });
    expect(read.json).toEqual({ message: "Job valid.", warnings: [] });
    const bad = await ask(undefined, "POST", "/api/v0.2/jobs/validate/", { definition: "job_name: x" });
    expect(bad.json.message).toMatch(/^Job invalid: /);
    const testdef = {
      metadata: { format: "Lava-Test Test Definition 1.0", name: "t", description: "" },
      run: { steps: ["ls"] },
    };
    const check = async (definition: unknown) =>
      (await ask(undefined, "POST", "/api/v0.2/jobs/validate_testdef/", { definition: JSON.stringify(definition) }))
        .json.message;
    expect(await check(testdef)).toBe("Test definition valid.");
    expect(await check({ ...testdef, run: {} })).toMatch(/invalid: run must have required property 'steps'/);
  });

  test("lists: pages with links, order, filters", async () => {
    for (let index = 0; index < 5; index++) await submit(bob, { job_name: `page ${index}` });
    const first = (
      await ask(
        undefined,
        "GET",
        "/api/v0.2/jobs/?submitter__username=bob&description__startswith=page&limit=2&ordering=id",
      )
    ).json;
    expect(first).toMatchObject({ count: 5, previous: null });
    expect(first.results.map((job: { description: string }) => job.description)).toEqual(["page 0", "page 1"]);
    const second = (await ask(undefined, "GET", first.next.slice(http.url.length))).json;
    expect(second.results.map((job: { description: string }) => job.description)).toEqual(["page 2", "page 3"]);
    const last = (await ask(undefined, "GET", second.next.slice(http.url.length))).json;
    expect([last.next, last.results.length, last.count]).toEqual([null, 1, 5]);
    expect(last.previous).toBe(second.previous.replace("offset=0", "offset=2"));
    expect((await ask(undefined, "GET", "/api/v0.2/jobs/?limit=x")).json.limit).toBeDefined();
  });

  test("log and results in every form", async () => {
    const id = await finishedJob();
    const at = `/api/v0.2/jobs/${id}`;
    const log = await ask(undefined, "GET", `${at}/logs/?start=1&end=3`);
    expect(log.text.split("\n")).toHaveLength(3);
    expect(log.headers.get("content-disposition")).toBe(`attachment; filename="job_${id}.yaml"`);
    expect([log.headers.get("x-log-lines"), log.headers.get("x-is-finished")]).toEqual(["6", "1"]);
    const suites = (await ask(undefined, "GET", `${at}/suites/`)).json.results;
    expect(suites.map(({ name, counts }: { name: string; counts: object }) => [name, counts])).toEqual([
      ["0_smoke", { pass: 1, fail: 1, skip: 1, unknown: 0 }],
      ["lava", { pass: 1, fail: 0, skip: 0, unknown: 0 }],
    ]);
    const suite = suites[0];
    expect((await ask(undefined, "GET", suite.resource_uri.slice(http.url.length))).json).toEqual(suite);
    expect((await ask(undefined, "GET", `${at}/suites/nope/`)).status).toBe(404);
    const failed = (await ask(undefined, "GET", `${at}/tests/?result=fail`)).json.results;
    expect(failed).toEqual([
      expect.objectContaining({
        name: "speed",
        unit: "MB/s",
        measurement: "12.5000000000",
        suite: suite.id,
        start_log_line: 0,
      }),
    ]);
    expect((await ask(undefined, "GET", failed[0].resource_uri.slice(http.url.length))).json.name).toBe("speed");
    expect((await ask(undefined, "GET", `${at}/suites/lava/tests/${failed[0].id}/`)).status).toBe(404);
    expect((await ask(undefined, "GET", `${at}/suites/lava/tests/`)).json.count).toBe(1);
    const csv = (await ask(undefined, "GET", `${at}/csv/`)).text.split("\r\n");
    expect(csv[0]).toBe(
      '"job","suite","result","measurement","unit","duration","timeout","logged","level","metadata","url","name","id","log_start_line","log_end_line"',
    );
    expect(csv[1]).toMatch(new RegExp(`^"${id}","0_smoke","pass","None","","1.50","","2026-11-22 10:00:00`));
    expect(csv).toHaveLength(6);
    expect((await ask(undefined, "GET", `${at}/suites/0_smoke/csv/?limit=1`)).text.trim().split("\r\n")).toHaveLength(
      2,
    );
    expect((await ask(undefined, "GET", `${at}/yaml/`)).text).toMatch(
      /^- name: boots\n {2}job: "\d+"\n {2}suite: 0_smoke\n {2}result: pass\n/,
    );
    expect((await ask(undefined, "GET", `${at}/suites/lava/yaml/`)).text).toMatch(/^- name: job\n/);
    const junit = (await ask(undefined, "GET", `${at}/junit/?classname_prefix=lab`)).text;
    expect(junit).toContain('<testsuite name="0_smoke" tests="3" failures="1" errors="0" skipped="1" time="1.5">');
    expect(junit).toMatch(
      /<testcase name="speed" classname="lab_0_smoke".*><failure message="failed">booting\nit &lt;broke&gt; &amp; \ufffd\[31mhow<\/failure>/,
    );
    expect((await ask(undefined, "GET", `${at}/tap13/`)).text).toBe(
      `TAP version 13\n1..4\n# TAP results for job ${id}\n# TAP results for suite 0_smoke\nok 1 boots\nnot ok 2 speed\nok 3 suspend # SKIP\n# TAP results for suite lava\nok 4 job\n`,
    );
    expect((await ask(ann, "PATCH", `${at}/`, { failure_comment: "seen", failure_tags: ["net"] })).json).toMatchObject({
      failure_comment: "seen",
      failure_tags: ["net"],
    });
  });
});

describe("devices, types, workers, tags", () => {
  test("devices", async () => {
    const at = "/api/v0.2/devices";
    await ask(root, "POST", "/api/v0.2/tags/", { name: "hub" });
    expect((await ask(ann, "POST", `${at}/`, { hostname: "d2", device_type: "qemu" })).status).toBe(403);
    const made = await ask(root, "POST", `${at}/`, {
      hostname: "d2",
      device_type: "qemu",
      tags: ["hub"],
      worker_host: "w1",
      health: "GOOD",
    });
    expect(made).toMatchObject({
      status: 201,
      json: { hostname: "d2", worker_host: "w1", health: "Good", tag_names: ["hub"] },
    });
    expect((await ask(root, "POST", `${at}/`, { hostname: "d2", device_type: "qemu" })).status).toBe(409);
    expect((await ask(root, "POST", `${at}/`, { hostname: "d3", device_type: "x" })).json.device_type).toBeDefined();
    expect((await ask(root, "PATCH", `${at}/d2/`, { description: "two", tags: made.json.tags })).json).toMatchObject({
      tag_names: ["hub"],
      description: "two",
    });
    expect((await ask(root, "PUT", `${at}/d2/`, { health: "maintenance" })).json.health).toBe("Maintenance");
    expect((await ask(ann, "POST", `${at}/d2/set_health/`, { health: "Good" })).status).toBe(403);
    expect((await ask(root, "POST", `${at}/d2/set_health/`, { health: "awful" })).json.health[0]).toContain(
      "Good, Unknown",
    );
    expect(await ask(root, "POST", `${at}/d2/set_health/`, { health: "retired", reason: "old" })).toMatchObject({
      status: 202,
      json: { message: "OK" },
    });
    expect((await ask(undefined, "GET", `${at}/?device_type__name=qemu`)).json.count).toBe(1);
    expect((await ask(undefined, "GET", `${at}/?all=true&tags__name=hub`)).json.count).toBe(1);
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/`)).status).toBe(404);
    expect(
      (await ask(root, "POST", `${at}/d2/dictionary/`, { dictionary: '{% extends "qemu.jinja2" %}' })).json.message,
    ).toBe("OK");
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/`)).text).toContain("extends");
    const rendered = await ask(
      undefined,
      "GET",
      `${at}/d2/dictionary/?render=1&context=${encodeURIComponent("{arch: arm64}")}`,
    );
    expect(rendered.text).toContain("aarch64");
    expect((await ask(undefined, "POST", `${at}/validate/`, rendered.text)).json.message).toBe("Device valid.");
    expect((await ask(undefined, "POST", `${at}/validate/`, "[1, 2]")).json.message).toMatch(/^Device invalid: /);
    expect((await ask(undefined, "GET", `${at}/d2/`)).json.has_dictionary).toBe(true);
    expect((await ask(root, "DELETE", `${at}/d2/`)).status).toBe(204);
    expect((await ask(root, "GET", `${at}/d2/`)).status).toBe(404);
  });

  test("types and aliases", async () => {
    const at = "/api/v0.2/devicetypes";
    expect((await ask(ann, "POST", `${at}/`, { name: "bbb" })).status).toBe(403);
    expect(
      (await ask(root, "POST", `${at}/`, { name: "bbb", cores: ["a8"], health_frequency: 0 })).json.health_frequency,
    ).toBeDefined();
    expect((await ask(root, "POST", `${at}/`, { name: "bbb", cores: ["a8"] })).status).toBe(201);
    expect((await ask(root, "PUT", `${at}/bbb/`, { description: "black" })).json.description).toBe("black");
    expect((await ask(root, "PATCH", `${at}/bbb/`, { display: false })).json.display).toBe(false);
    expect((await ask(undefined, "GET", `${at}/`)).json.results.map(({ name }: { name: string }) => name)).toEqual([
      "qemu",
    ]);
    expect((await ask(undefined, "GET", `${at}/?all=1&cores=a8`)).json.count).toBe(1);
    expect((await ask(undefined, "GET", `${at}/qemu/`)).json.devices.idle).toBe(1);
    for (const [path, key] of [
      ["template", "template"],
      ["health_check", "config"],
    ] as const) {
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/`)).status).toBe(404);
      expect((await ask(ann, "POST", `${at}/bbb/${path}/`, { [key]: "x" })).status).toBe(403);
      expect((await ask(root, "POST", `${at}/bbb/${path}/`, { [key]: "# text" })).status).toBe(204);
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/`)).text).toBe("# text");
    }
    expect((await ask(root, "POST", "/api/v0.2/aliases/", { name: "bone", device_type: "bbb" })).status).toBe(201);
    expect((await ask(undefined, "GET", "/api/v0.2/aliases/")).json.results).toEqual([
      { name: "bone", device_type: "bbb" },
    ]);
    expect((await ask(undefined, "GET", "/api/v0.2/aliases/bone/")).json.device_type).toBe("bbb");
    expect((await ask(root, "DELETE", "/api/v0.2/aliases/bone/")).status).toBe(204);
    expect((await ask(root, "DELETE", `${at}/qemu/`)).status).toBe(409);
    expect((await ask(root, "DELETE", `${at}/bbb/`)).status).toBe(204);
  });

  test("workers and tags", async () => {
    const at = "/api/v0.2/workers";
    expect((await ask(ann, "POST", `${at}/`, { hostname: "w2" })).status).toBe(403);
    expect((await ask(root, "POST", `${at}/`, { hostname: "w2", health: "Maintenance" })).json.health).toBe(
      "Maintenance",
    );
    expect((await ask(root, "PATCH", `${at}/w2/`, { job_limit: 3 })).json.job_limit).toBe(3);
    expect((await ask(root, "PUT", `${at}/w2/`, { description: "two", health: "active" })).json).toMatchObject({
      description: "two",
      health: "Active",
    });
    expect(
      (await ask(undefined, "GET", `${at}/?health=active&ordering=-hostname`)).json.results.map(
        ({ hostname }: { hostname: string }) => hostname,
      ),
    ).toEqual(["w2", "w1"]);
    expect((await ask(undefined, "GET", `${at}/w1/`)).json.devices).toEqual(["d1"]);
    expect((await ask(root, "POST", `${at}/w2/set_health/`, { health: "Retired", reason: "sold" })).status).toBe(202);
    for (const path of ["env", "config"]) {
      expect((await ask(undefined, "GET", `${at}/w2/${path}/`)).status).toBe(404);
      expect((await ask(root, "POST", `${at}/w2/${path}/`, { [path]: "a: 1\n" })).json.message).toBe("OK");
      expect((await ask(undefined, "GET", `${at}/w2/${path}/`)).text).toBe("a: 1\n");
    }
    expect((await ask(root, "DELETE", `${at}/w2/`)).status).toBe(204);
    expect((await ask(ann, "POST", "/api/v0.2/tags/", { name: "usb" })).status).toBe(403);
    const { json } = await ask(root, "POST", "/api/v0.2/tags/", { name: "usb", description: "a stick" });
    expect((await ask(undefined, "GET", `/api/v0.2/tags/${json.id}/`)).json).toEqual({ ...json, devices: [] });
    expect((await ask(undefined, "GET", "/api/v0.2/tags/")).json.count).toBeGreaterThan(0);
    expect((await ask(root, "DELETE", "/api/v0.2/tags/usb/")).status).toBe(204);
  });
});

describe("people", () => {
  test("users, groups, permissions", async () => {
    const { json: dave, text } = await ask(root, "POST", "/api/v0.2/users/", {
      username: "dave",
      password: "dave's own",
    });
    expect(text).not.toContain("password");
    expect((await ask(ann, "POST", "/api/v0.2/users/", { username: "x" })).status).toBe(403);
    expect(
      (await ask(ann, "GET", "/api/v0.2/users/")).json.results.map(({ username }: { username: string }) => username),
    ).toEqual(["ann"]);
    expect((await ask(ann, "GET", "/api/v0.2/users/ann/")).json.groups).toEqual(["kernel"]);
    expect((await ask(undefined, "GET", "/api/v0.2/users/")).status).toBe(401);
    expect((await ask(root, "PATCH", `/api/v0.2/users/${dave.id}/`, { email: "d@example.com" })).json.email).toBe(
      "d@example.com",
    );
    expect((await ask(root, "PUT", "/api/v0.2/users/dave/", { is_staff: true })).json.is_staff).toBe(true);
    expect((await ask(ann, "GET", `/api/v0.2/users/${dave.id}/`)).status).toBe(404);
    const group = (await ask(root, "POST", "/api/v0.2/groups/", { name: "rack", users: ["dave"] })).json;
    expect((await ask(root, "GET", "/api/v0.2/groups/")).json.count).toBeGreaterThan(1);
    expect((await ask(root, "GET", `/api/v0.2/groups/${group.id}/`)).json.users).toEqual(["dave"]);
    expect((await ask(root, "PATCH", "/api/v0.2/groups/rack/", { users: ["dave", "bob"] })).json.users).toEqual([
      "bob",
      "dave",
    ]);
    expect((await ask(root, "PUT", "/api/v0.2/groups/rack/", { permissions: ["add_tag"] })).json.permissions).toEqual([
      "add_tag",
    ]);
    for (const [path, object] of [
      ["devices", "d1"],
      ["devicetypes", "qemu"],
    ] as const) {
      const permission = `change_${path.slice(0, -1)}`;
      const grant = await ask(root, "POST", `/api/v0.2/permissions/${path}/`, { group: "rack", permission, object });
      expect(grant.json).toMatchObject({ group: "rack", permission, object });
      expect((await ask(ann, "GET", `/api/v0.2/permissions/${path}/`)).status).toBe(403);
      expect((await ask(root, "GET", `/api/v0.2/permissions/${path}/?object=${object}`)).json.count).toBe(1);
      expect((await ask(root, "DELETE", `/api/v0.2/permissions/${path}/${grant.json.id}/`)).status).toBe(204);
    }
    expect((await ask(root, "DELETE", "/api/v0.2/groups/rack/")).status).toBe(204);
    expect((await ask(root, "DELETE", "/api/v0.2/users/dave/")).status).toBe(204);
  });

  test("tokens for other servers are one's own, and never shown", async () => {
    const at = "/api/v0.2/remote-artifact-tokens";
    const token = "s3cret of artifactory";
    expect((await ask(undefined, "POST", `${at}/`, { name: "art", token })).status).toBe(401);
    expect((await ask(ann, "POST", `${at}/`, { name: "art", token })).json).toEqual({ name: "art" });
    expect((await ask(ann, "PUT", `${at}/art/`, { token: `${token}, newer` })).status).toBe(200);
    expect((await ask(ann, "PATCH", `${at}/art/`, { token: "" })).json.token).toBeDefined();
    expect((await ask(ann, "PATCH", `${at}/art/`, { token })).status).toBe(200);
    const all = await ask(ann, "GET", `${at}/`);
    expect([all.json.results, all.text.includes("s3cret")]).toEqual([[{ name: "art" }], false]);
    expect((await ask(ann, "GET", `${at}/art/`)).json).toEqual({ name: "art" });
    expect((await ask(bob, "GET", `${at}/art/`)).status).toBe(404);
    expect((await ask(bob, "DELETE", `${at}/art/`)).status).toBe(404);
    const row = await http.lab.store.knex("remote_artifact_tokens").first("token", "user_id");
    expect(row).toEqual({ token, user_id: ann.id });
    expect((await ask(ann, "DELETE", `${at}/art/`)).status).toBe(204);
    expect(http.lab.logLines.join("")).not.toContain("s3cret");
  });

  test("a token for a password; wrong ones are counted and say when to come again", async () => {
    await http.lab.services.people.addUser(root, "gina", { password: "correct horse" });
    const log = (password: string, username = "gina") =>
      ask(undefined, "POST", "/api/v0.2/token/", { username, password });
    expect(await log("wrong")).toMatchObject({ status: 401, json: { code: "ERR_LOGIN" } });
    const { token } = (await log("correct horse")).json;
    const who = (authorization: string) =>
      ask(undefined, "GET", "/api/v0.2/system/whoami/", undefined, { Authorization: authorization });
    expect((await who(`Token ${token}`)).json).toEqual({ user: "gina" });
    expect((await who(`Basic ${Buffer.from(`gina:${token}`).toString("base64")}`)).json).toEqual({ user: "gina" });
    expect((await who(`Basic ${Buffer.from(`ann:${token}`).toString("base64")}`)).status).toBe(401);
    expect(await who("Token wrong")).toMatchObject({ status: 401, json: { code: "ERR_TOKEN" } });
    for (let attempt = 0; attempt < 10; attempt++) await log("guess", "root");
    const refused = await log("guess", "root");
    expect(refused).toMatchObject({ status: 429, json: { code: "ERR_LOGIN_LIMIT" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const said = http.lab.logLines.join("\n");
    for (const secret of [token, "correct horse", "guess"]) expect(said).not.toContain(secret);
    expect(said).toContain("POST /api/v0.2/token/ 429");
  });

  test("a session writes only from pages of this server", async () => {
    const { cookie } = (await http.lab.services.people.logIn("gina", "correct horse", { address: "10.9.9.9" })) ?? {};
    const id = await submit(root);
    const as = (method: string, path: string, headers: Record<string, string>) =>
      ask(undefined, method, path, method === "GET" ? undefined : {}, {
        Cookie: `a=b; basalt_session=${cookie}`,
        ...headers,
      });
    expect((await as("GET", "/api/v0.2/system/whoami/", { Origin: "https://evil.example" })).json).toEqual({
      user: "gina",
    });
    for (const headers of [
      { Origin: "https://evil.example" },
      { "Sec-Fetch-Site": "cross-site" },
      { Origin: "null" },
    ] as Record<string, string>[]) {
      expect((await as("POST", `/api/v0.2/jobs/${id}/resubmit/`, headers)).json.code).toBe("ERR_CROSS_SITE");
      expect((await as("GET", `/api/v0.2/jobs/${id}/cancel/`, headers)).json.code).toBe("ERR_CROSS_SITE");
    }
    expect(
      (await as("POST", `/api/v0.2/jobs/${id}/resubmit/`, { Origin: http.url, "Sec-Fetch-Site": "same-origin" }))
        .status,
    ).toBe(201);
  });
});

describe("the server", () => {
  test("version, settings, overview, health, metrics", async () => {
    expect((await ask(undefined, "GET", "/api/v0.2/system/version/")).json.version).toMatch(/^20\d\d\.\d\d$/);
    expect((await ask(undefined, "GET", "/api/v0.2/system/master_config/")).json.EVENT_TOPIC).toBe("org.lavasoftware");
    expect((await ask(undefined, "GET", "/api/v0.2/system/overview/")).json.devices).toMatchObject({ Good: 1 });
    expect(await http.ask(undefined, "GET", "/healthz")).toMatchObject({
      status: 200,
      json: { health: "good", database: "ok" },
    });
    const metrics = (await http.ask(undefined, "GET", "/metrics")).text;
    for (const line of [
      'basalt_devices{state="Idle",health="Good"} 1',
      'basalt_workers{state="Online",health="Active"} 1',
    ])
      expect(metrics).toContain(line);
    expect(metrics).toMatch(
      /basalt_http_request_seconds_count\{method="GET",route="\/api\/v0.2\/system\/version\/",status="200"\} \d/,
    );
    const { headers } = await http.ask(undefined, "GET", "/api/v0.2/");
    expect(headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
    expect((await http.ask(undefined, "GET", "/api/v0.2/openapi.json")).json).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
  });

  test("what fails inside is told by its number in the log, and not what it was", async () => {
    const broken = await testHttp({
      http: {
        mount: (_app, router) =>
          void router.get("/boom", () => {
            throw new Error("select secret - exploded");
          }),
      },
    });
    try {
      const read = await broken.ask(undefined, "GET", "/boom");
      expect(read).toMatchObject({ status: 500, json: { code: "ERR_UNEXPECTED" } });
      expect(read.text).not.toMatch(/exploded|at .*\.ts/);
      const line = broken.lab.logLines.find((text) => text.includes("a request failed"));
      expect(line).toContain(read.headers.get("x-request-id"));
      expect(line).toContain("exploded");
      expect(line).not.toContain("secret");
    } finally {
      await broken[Symbol.asyncDispose]();
    }
  });

  test("the document is one of OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect([errors, valid]).toEqual([undefined, true]);
  });

  test("every operation of the document was asked for and gave what it says", () => {
    const missed = routes.filter(({ id }) => ![200, 201, 202, 204].some((status) => answered.has(`${id} ${status}`)));
    expect(missed.map(({ id }) => id)).toEqual([]);
    expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
  });
});
