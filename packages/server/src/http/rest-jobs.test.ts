import { describe, expect, test } from "vitest";
import type { Asker } from "../services/types.js";
import { ask, finishedJob, rest, submit, testThatAllWereAsked, useRest } from "../testing/rest.js";
import { jobText } from "../testing/test-services.js";

useRest();

describe("jobs", () => {
  test("submit, look, cancel, submit again", async () => {
    const id = await submit(rest.ann, { metadata: { branch: "main" }, job_name: "first" });
    const read = await ask(undefined, "GET", `/api/v0.2/jobs/${id}/`);
    expect(read.json).toMatchObject({ id, submitter: "ann", state: "Submitted", visibility: "Public", priority: 50 });
    expect((await ask(undefined, "GET", `/api/v0.2/jobs/${id}`)).json.id).toBe(id);
    expect((await ask(rest.bob, "GET", `/api/v0.2/jobs/${id}/metadata/`)).json).toEqual({
      metadata: [{ branch: "main" }],
    });
    expect(await ask(rest.bob, "GET", `/api/v0.2/jobs/${id}/logs/`)).toMatchObject({
      status: 404,
      json: { code: "ERR_NO_LOG" },
    });
    expect((await ask(rest.ann, "PATCH", `/api/v0.2/jobs/${id}/`, { priority: 77 })).json.priority).toBe(77);
    expect((await ask(rest.ann, "PATCH", `/api/v0.2/jobs/${id}/`, { priority: 177 })).json.priority).toEqual([
      "must be <= 100",
    ]);
    const refused = await ask(rest.ann, "PATCH", `/api/v0.2/jobs/${id}/`, { priority: 5, failure_comment: "x" });
    expect(refused.status).toBe(409);
    expect((await ask(rest.ann, "GET", `/api/v0.2/jobs/${id}/`)).json.priority).toBe(77);
    expect((await ask(rest.bob, "POST", `/api/v0.2/jobs/${id}/cancel/`)).json).toMatchObject({ code: "ERR_FORBIDDEN" });
    expect((await ask(undefined, "GET", `/api/v0.2/jobs/${id}/cancel/`)).status).toBe(401);
    expect((await ask(rest.ann, "GET", `/api/v0.2/jobs/${id}/cancel/`)).json.message).toBe("Job cancel signal sent.");
    expect((await ask(rest.ann, "POST", `/api/v0.2/jobs/${id}/cancel/`)).json.message).toBe("Job had ended already.");
    const again = await ask(rest.bob, "POST", `/api/v0.2/jobs/${id}/resubmit/`);
    expect(again.status).toBe(201);
    const other = await submit(rest.bob);
    for (const path of ["batch-cancel", "batch_cancel"])
      expect(
        (await ask(rest.ann, "POST", `/api/v0.2/jobs/${path}/`, { job_ids: [id, other, 999999] })).json,
      ).toMatchObject({
        job_ids: [id],
        invalid_job_ids: [other, 999999],
      });
    expect((await ask(rest.ann, "POST", "/api/v0.2/jobs/batch-cancel/", { job_ids: "x" })).status).toBe(400);
    await ask(rest.bob, "POST", "/api/v0.2/jobs/batch-cancel/", { job_ids: [other, ...again.json.job_ids] });
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
    const { status, json } = await ask(rest.ann, "POST", "/api/v0.2/jobs/", { definition });
    expect([status, json.job_ids ?? json]).toEqual([
      201,
      [expect.stringMatching(/^\d+\.0$/), expect.stringMatching(/^\d+\.1$/)],
    ]);
    const member = await ask(rest.ann, "GET", `/api/v0.2/jobs/${json.job_ids[1]}/`);
    expect(member.json).toMatchObject({
      public_id: json.job_ids[1],
      role: "b",
      group: [{ public_id: json.job_ids[0] }],
    });
    await ask(rest.ann, "POST", `/api/v0.2/jobs/${json.job_ids[0]}/cancel/`);
  });

  test("what an author should know comes along, each time", async () => {
    const definition = JSON.stringify({ ...JSON.parse(jobText()), prioriti: "high" });
    for (let time = 0; time < 2; time++) {
      const { status, json } = await ask(rest.ann, "POST", "/api/v0.2/jobs/", { definition });
      expect([status, json.warnings]).toEqual([201, [expect.stringMatching(/prioriti.*did you mean priority/)]]);
      await ask(rest.ann, "POST", `/api/v0.2/jobs/${json.job_ids[0]}/cancel/`);
    }
  });

  test("what is wrong is said in words", async () => {
    const refused = async (asker: Asker, definition: unknown) => ask(asker, "POST", "/api/v0.2/jobs/", { definition });
    expect((await ask(undefined, "POST", "/api/v0.2/jobs/", { definition: jobText() })).status).toBe(401);
    expect((await refused(rest.ann, "job_name: [")).json).toMatchObject({ message: expect.stringMatching(/job:1/) });
    expect(await refused(rest.ann, jobText({ device_type: "none" }))).toMatchObject({
      status: 400,
      json: { code: "ERR_DEVICE_TYPE_UNKNOWN", message: expect.stringContaining("no device type 'none'") },
    });
    expect((await ask(rest.ann, "POST", "/api/v0.2/jobs/", {})).json.definition).toEqual(["This field is required."]);
    expect(
      await ask(rest.ann, "POST", "/api/v0.2/jobs/", undefined, { "Content-Type": "application/json" }),
    ).toMatchObject({
      status: 400,
    });
    const broken = await fetch(`${rest.http.url}/api/v0.2/jobs/`, {
      method: "POST",
      headers: { Authorization: `Token ${await rest.http.tokenOf(rest.ann)}`, "Content-Type": "application/json" },
      body: "{",
    });
    expect([broken.status, Object.keys((await broken.json()) as object)]).toEqual([400, ["detail", "code"]]);
    const huge = await ask(rest.ann, "POST", "/api/v0.2/jobs/", { definition: "x".repeat(6_000_000) }).catch(
      () => undefined,
    );
    expect(huge?.status ?? 413).toBe(413);
    if (huge) expect(huge.json.detail).toBe("a request's body may have 5 MiB at most");
    const form = new FormData();
    form.set("definition", jobText());
    const Authorization = `Token ${await rest.http.tokenOf(rest.ann)}`;
    const multipart = await fetch(`${rest.http.url}/api/v0.2/jobs/`, {
      method: "POST",
      headers: { Authorization },
      body: form,
    });
    expect([multipart.status, await multipart.json()]).toEqual([
      415,
      expect.objectContaining({ detail: expect.stringMatching(/multipart\/form-data, expected application\/json/) }),
    ]);
    const { json } = await ask(undefined, "GET", "/api/v0.2/jobs/?stat=x");
    expect(json).toMatchObject({ code: "ERR_FILTER_UNKNOWN", stat: [expect.stringContaining("did you mean 'state'")] });
    expect(await rest.http.ask(undefined, "GET", "/api/v0.2/nothing/")).toMatchObject({
      status: 404,
      json: { code: "ERR_NOT_FOUND" },
    });
    expect((await rest.http.ask(undefined, "DELETE", "/api/v0.2/jobs/")).status).toBe(405);
  });

  test("forms do as well as JSON, and validation changes nothing", async () => {
    const form = new URLSearchParams({ definition: jobText(), strict: "true" });
    const read = await rest.http.ask(undefined, "POST", "/api/v0.2/jobs/validate/", form.toString(), {
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
    for (let index = 0; index < 5; index++) await submit(rest.bob, { job_name: `page ${index}` });
    const first = (
      await ask(
        undefined,
        "GET",
        "/api/v0.2/jobs/?submitter__username=bob&description__startswith=page&limit=2&ordering=id",
      )
    ).json;
    expect(first).toMatchObject({ count: 5, previous: null });
    expect(first.results.map((job: { description: string }) => job.description)).toEqual(["page 0", "page 1"]);
    const second = (await ask(undefined, "GET", first.next.slice(rest.http.url.length))).json;
    expect(second.results.map((job: { description: string }) => job.description)).toEqual(["page 2", "page 3"]);
    const last = (await ask(undefined, "GET", second.next.slice(rest.http.url.length))).json;
    expect([last.next, last.results.length, last.count]).toEqual([null, 1, 5]);
    expect(last.previous).toBe(second.previous.replace("offset=0", "offset=2"));
    expect((await ask(undefined, "GET", "/api/v0.2/jobs/?limit=x")).json.limit).toBeDefined();
    // as Django REST framework: 0 is the default
    const usual = (await ask(undefined, "GET", "/api/v0.2/jobs/?submitter__username=bob&limit=0")).json;
    expect([usual.results.length, usual.next]).toEqual([usual.count, null]);
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
    expect((await ask(undefined, "GET", suite.resource_uri.slice(rest.http.url.length))).json).toEqual(suite);
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
    expect((await ask(undefined, "GET", failed[0].resource_uri.slice(rest.http.url.length))).json.name).toBe("speed");
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
    expect(
      (await ask(rest.ann, "PATCH", `${at}/`, { failure_comment: "seen", failure_tags: ["net"] })).json,
    ).toMatchObject({
      failure_comment: "seen",
      failure_tags: ["net"],
    });
  });
});

testThatAllWereAsked("jobs");
