import { formatLogLine } from "@basalt/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Bench, fakeJob, openBench } from "../testing/bench.js";
import { type Answer, type SeenRequest, serverStandIn } from "../testing/server-stand-in.js";

const dt = "2026-08-01T10:00:00.123000+00:00";
const console_ = formatLogLine({ dt, lvl: "target", msg: "Linux version 6.1" });
const result = (name: string, verdict: "pass" | "fail"): string =>
  formatLogLine({ dt, lvl: "results", msg: { definition: "0_smoke", case: name, result: verdict } });
const text = (...lines: string[]): Answer => ({ body: { text: lines.map((line) => `${line}\n`).join("") } });

let bench: Bench;
beforeEach(() => {
  bench = openBench();
  bench.write("job.yaml", fakeJob([]));
});
afterEach(() => bench[Symbol.dispose]());

/** Job 7: what it is at each look, and its log. */
function jobServer(
  states: readonly object[],
  lines: readonly string[],
  more: (request: SeenRequest) => Answer | undefined = () => undefined,
) {
  let looks = 0;
  return serverStandIn((request) => {
    const special = more(request);
    if (special) return special;
    if (request.method === "POST") return { status: 201, body: { message: "ok", job_ids: [7] } };
    if (request.path.includes("/logs/")) {
      const start = Number(/start=(\d+)/.exec(request.path)?.[1]);
      return text(...lines.slice(start, start + 2));
    }
    return { body: states[Math.min(looks++, states.length - 1)] as never };
  });
}

describe("basalt submit", () => {
  it("hands the text over as it is, with the token of a file, and says where the job is", async () => {
    await using server = await serverStandIn(() => ({ status: 201, body: { job_ids: ["7.0", "7.1"] } }));
    const definition = `# mine\n${JSON.stringify(fakeJob([]))}\n`;
    bench.write("job.yaml", definition);
    bench.write("token", "abc\n");
    const run = bench.run("submit", "job.yaml", "--server", `${server.url}/`, "--token-file", "token");
    expect(await run.status).toBe(0);
    expect(server.seen).toEqual([
      { method: "POST", path: "/api/v0.2/jobs/", token: "Token abc", body: { definition } },
    ]);
    expect(run.out()).toBe(`Job 7.0: ${server.url}/jobs/7.0\nJob 7.1: ${server.url}/jobs/7.1\n`);
  });

  it("takes server and token from the environment, or the token from a lab's login", async () => {
    await using server = await serverStandIn(() => ({ body: { job_ids: [1] } }));
    using other = openBench({ env: { BASALT_SERVER: server.url, BASALT_TOKEN: "env" } });
    other.write("job.yaml", fakeJob([]));
    other.write("login.json", { user: "admin", token: "login" });
    expect(await other.run("submit", "job.yaml").status).toBe(0);
    expect(await other.run("submit", "job.yaml", "--token-file", "login.json").status).toBe(0);
    expect(server.seen.map(({ token }) => token)).toEqual(["Token env", "Token login"]);
  });

  it("follows a job: why it waits, its log, its results, its end; a failed test is its status", async () => {
    await using server = await jobServer(
      [
        { state: "Submitted", waits_for: "d1 is busy with job 6" },
        { state: "Running", actual_device: "d1" },
        { state: "Finished", health: "Complete", actual_device: "d1" },
      ],
      [console_, result("uname", "pass"), console_, result("disk", "fail"), console_],
    );
    const run = bench.run("submit", "job.yaml", "--server", server.url, "--follow");
    expect(await run.status).toBe(1);
    const out = run.out();
    expect(out).toContain("job 7: Submitted: d1 is busy with job 6");
    expect(out).toContain("job 7: Running on d1");
    expect(out.match(/Linux version 6.1/g)).toHaveLength(3);
    expect(out).toMatch(/uname/);
    expect(out).toMatch(/Job 7 complete/);
  });

  it.each([
    [
      { state: "Finished", health: "Incomplete", error_type: "Infrastructure", error_msg: "no power" },
      3,
      /incomplete[\s\S]*Infrastructure error: no power/,
    ],
    [
      { state: "Finished", health: "Incomplete", error_type: "Job", failure_comment: "no image" },
      4,
      /Job error: no image/,
    ],
    [{ state: "Finished", health: "Canceled" }, 5, /canceled/],
    [{ state: "Finished", health: "Complete" }, 0, /complete/],
  ])("ends as the job did: %j", async (job, status, words) => {
    await using server = await jobServer([job], []);
    const run = bench.run("submit", "job.yaml", "--server", server.url, "--follow");
    expect(await run.status).toBe(status);
    expect(run.out()).toMatch(words);
  });

  it("goes on following over a restart of the server", async () => {
    let cuts = 3;
    await using server = await jobServer(
      [{ state: "Running" }, { state: "Finished", health: "Complete" }],
      [console_],
      ({ method, path }) =>
        method === "GET" && cuts > 0 && (path.includes("/logs/") || cuts < 3) && cuts-- > 0
          ? cuts === 1
            ? { status: 503, body: { text: "starting" } }
            : { cut: true }
          : undefined,
    );
    const run = bench.run("submit", "job.yaml", "--server", server.url, "--follow");
    expect(await run.status).toBe(0);
    expect(cuts).toBe(0);
    expect(run.out().match(/Linux version/g)).toHaveLength(1);
    expect(run.out()).toMatch(/the server does not answer/);
  });

  it("cancels the job at Ctrl-C, and waits for its end", async () => {
    let canceled = false;
    await using server = await jobServer([], [], ({ method, path }) => {
      if (path.endsWith("/cancel/")) canceled = true;
      if (method === "POST" && !path.endsWith("/cancel/")) return undefined;
      if (path.includes("/logs/")) return { status: 404 };
      return { body: canceled ? { state: "Finished", health: "Canceled" } : { state: "Running" } };
    });
    const run = bench.run("submit", "job.yaml", "--server", server.url, "--follow");
    await run.until("job 7: Running");
    run.signal("SIGINT");
    expect(await run.status).toBe(5);
    expect(server.seen.filter(({ path }) => path.endsWith("/cancel/"))).toHaveLength(1);
    expect(run.err()).toContain("SIGINT: canceling the job");
  });

  it.each<[string, Answer, number, RegExp]>([
    [
      "a bad job, in the server's words",
      { status: 400, body: { message: "job:3:1: timeouts is missing" } },
      2,
      /job:3:1: timeouts is missing/,
    ],
    ["LAVA's way to say it", { status: 400, body: { definition: ["is bad"] } }, 2, /definition: is bad/],
    [
      "nobody who may",
      { status: 403, body: { detail: "Authentication credentials were not provided." } },
      2,
      /credentials were not provided.*--token-file or BASALT_TOKEN/,
    ],
    ["a server that fails", { status: 500, body: { text: "<html>oops" } }, 3, /answered 500: <html>oops/],
    ["something that is no such server", { body: { text: "<html>hello" } }, 3, /<html>hello/],
    ["a connection that is cut", { cut: true }, 3, /can't reach the server/],
  ])("refuses %s", async (_what, answer, status, words) => {
    await using server = await serverStandIn(() => answer);
    const run = bench.run("submit", "job.yaml", "--server", server.url);
    expect([await run.status, run.err()]).toEqual([status, expect.stringMatching(words)]);
  });

  it.each([
    [
      "a server that is not there",
      ["--server", "http://127.0.0.1:1"],
      3,
      /can't reach the server at http:\/\/127.0.0.1:1/,
    ],
    ["a token file that is not there", ["--token-file", "none"], 2, /can't read the token in/],
    ["a token file that is no login", ["--token-file", "bad.json"], 2, /bad\.json/],
  ])("refuses %s", async (_what, args, status, words) => {
    bench.write("bad.json", "{token");
    const run = bench.run("submit", "job.yaml", ...args);
    expect([await run.status, run.err()]).toEqual([status, expect.stringMatching(words)]);
  });
});
