import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { hostname } from "node:os";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Person } from "../people/rights.js";
import { systemAdmin } from "../people/system-admin.js";
import { type TestHttp, testHttp } from "../testing/test-http.js";
import { jobText } from "../testing/test-services.js";

// what was tried against a running lab, and what keeps it from working (docs/explanation/security.md)
let http: TestHttp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  http = await testHttp({ http: { trustProxy: true, livePingMs: 20 } });
  ann = await http.lab.person("ann", { groups: ["owners"] });
  bob = await http.lab.person("bob");
});
afterAll(() => http[Symbol.asyncDispose]());

const cookieFor = async (username: string, password: string): Promise<string> => {
  await http.lab.services.people.updateUser(systemAdmin, username, { password });
  const found = await http.lab.services.people.logIn(username, password, { address: "test" });
  return `basalt_session=${found?.cookie}`;
};

test("a regular expression made to take hours is stopped; a few at a time do not take the pool", async () => {
  await http.lab.services.jobs.submit(
    ann,
    `${jobText({ job_name: "plain" })}\n# ${"a".repeat(30_000)}e${"a".repeat(30_000)}\n`,
  );
  const slow = encodeURIComponent("^(.+)(.+)(.+)e\\3\\2\\1$");
  const asked = Array.from({ length: 4 }, () =>
    http.ask(undefined, "GET", `/api/v0.2/jobs/?definition__regex=${slow}`),
  );
  const others = await http.ask(undefined, "GET", "/api/v0.2/jobs/?state=Submitted");
  expect(others.status).toBe(200);
  for (const read of await Promise.all(asked))
    expect(read).toMatchObject({ status: 400, json: { code: "ERR_FILTER_SLOW" } });
}, 60_000);

describe("what is sent beside a device's fields", () => {
  beforeAll(() => http.lab.device("board-a"));

  test.each([
    { state: "Running" },
    { name: "stolen" },
    { last_health_job: 1 },
    { is_synced: true },
    { 'x" = 1 --': 1 },
  ])("%j is no column", async (more) => {
    const { services } = http.lab;
    const before = await services.devices.get(systemAdmin, "board-a");
    const group = { kind: "device", object: "board-a", group: "owners", codename: "change" } as const;
    await services.people.grant(systemAdmin, group);
    const read = await http.ask(ann, "PATCH", "/api/v0.2/devices/board-a/", { description: "mine", ...more });
    expect(read.status).toBe(200);
    expect(await services.devices.get(systemAdmin, "board-a")).toEqual({ ...before, description: "mine" });
    await services.devices.update(systemAdmin, "board-a", { description: before.description });
  });
});

test("behind a proxy an address is what the proxy says, not what the client made up before it", async () => {
  const logIn = (address: string) =>
    http.ask(
      undefined,
      "POST",
      "/api/v0.2/token/",
      { username: `x${address}`, password: "wrong" },
      {
        "X-Forwarded-For": `${address}, 192.0.2.7`,
      },
    );
  const statuses = [];
  for (let index = 0; index < 32; index++) statuses.push((await logIn(`198.51.100.${index}`)).status);
  expect(statuses.filter((status) => status === 429)).toHaveLength(2);
});

test("a link on another site cancels nothing, over plain http neither", async () => {
  const { jobs } = await http.lab.services.jobs.submit(bob, jobText());
  const cookie = await cookieFor("bob", "long enough");
  const path = `/api/v0.2/jobs/${jobs[0]}/cancel/`;
  expect((await http.ask(undefined, "GET", path, undefined, { cookie })).status).toBe(403);
  expect((await http.ask(undefined, "GET", path, undefined, { cookie, "Sec-Fetch-Site": "cross-site" })).status).toBe(
    403,
  );
  expect((await http.ask(undefined, "GET", path, undefined, { cookie, "Sec-Fetch-Site": "same-origin" })).status).toBe(
    200,
  );
});

test("who logs out, or loses their token, hears no more", async () => {
  const cookie = await cookieFor("bob", "long enough");
  const url = `${http.url.replace("http", "ws")}/ws/`;
  const socket = new WebSocket(url, { headers: { cookie, "Sec-Fetch-Site": "same-origin" } });
  await once(socket, "open");
  await http.lab.services.people.logOut(cookie.slice("basalt_session=".length));
  const [code] = await once(socket, "close");
  expect(code).toBe(1008);
  const { id, token } = await http.lab.services.people.addToken(ann, { description: "short" });
  const other = new WebSocket(url, { headers: { Authorization: `Token ${token}` } });
  await once(other, "open");
  await http.lab.services.people.removeToken(ann, id);
  expect((await once(other, "close"))[0]).toBe(1008);
});

describe("a name that somebody made to mean this machine (DNS rebinding)", () => {
  let named: TestHttp;
  let proxied: TestHttp;
  beforeAll(async () => {
    named = await testHttp({ http: { allowedHosts: ["lab.example.org"] } });
    proxied = await testHttp({ http: { allowedHosts: ["lab.example.org"], trustProxy: true } });
  }, 60_000);
  afterAll(async () => {
    await named[Symbol.asyncDispose]();
    await proxied[Symbol.asyncDispose]();
  });

  const ask = async (
    server: TestHttp,
    { path = "/api/v0.2/jobs/", ...headers }: Record<string, string> & { path?: string },
  ): Promise<{ status: number | undefined; text: string }> => {
    const asked = request(`${server.url}${path}`, { headers });
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    return { status: answer.statusCode, text: Buffer.concat(await answer.toArray()).toString() };
  };

  test.each([
    "evil.example:80",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "evil@127.0.0.1",
    "[::1",
    `lab.${"x".repeat(120)}`,
  ])("%s is refused, in words that say what to set", async (Host) => {
    const { status, text } = await ask(named, { Host });
    expect([status, JSON.parse(text)]).toMatchObject([421, { code: "ERR_HOST" }]);
    expect(text).toContain(`'${Host.slice(0, 100)}'`);
    expect(text).toContain("--allowed-host");
    expect((await ask(named, { Host, path: "/api/v0.2/openapi.json" })).status).toBe(421);
    expect((await ask(named, { Host, path: "/nothing" })).status).toBe(421);
  });

  test.each([
    ...["127.0.0.1:8000", "10.1.2.3", "[::1]:80", "[fe80::1]", "0.0.0.0:8000"],
    ...["localhost:1", "LOCALHOST", "demo.localhost", `${hostname()}:8000`, "Lab.Example.org.:443"],
  ])("%s is this server, as far as anybody can make it that", async (Host) => {
    expect((await ask(named, { Host })).status).toBe(200);
  });

  test("monitors and who has a token may ask by any name; who has only a cookie may not", async () => {
    const Host = "lab.intern";
    for (const path of ["/healthz", "/metrics", "/v1/healthz/"])
      expect((await ask(named, { Host, path })).status).toBe(200);
    const cat = await named.lab.person("cat");
    const authorization = `Token ${await named.tokenOf(cat)}`;
    expect((await ask(named, { Host, authorization })).status).toBe(200);
    expect((await ask(named, { Host, authorization: "Token guessed" })).status).toBe(401);
    await named.lab.services.people.updateUser(systemAdmin, "cat", { password: "long enough" });
    const { cookie } = (await named.lab.services.people.logIn("cat", "long enough", { address: "test" })) ?? {};
    expect((await ask(named, { Host, cookie: `basalt_session=${cookie}` })).status).toBe(421);
  });

  test("behind a proxy its word counts beside Host; where no name is allowed, it knows whom it serves", async () => {
    const Host = "127.0.0.1:8000";
    expect((await ask(proxied, { Host, "X-Forwarded-Host": "lab.example.org" })).status).toBe(200);
    expect((await ask(proxied, { Host, "X-Forwarded-Host": "evil.example" })).status).toBe(421);
    expect((await ask(proxied, { Host: "evil.example", "X-Forwarded-Host": "lab.example.org" })).status).toBe(421);
    expect((await ask(named, { Host, "X-Forwarded-Host": "evil.example" })).status).toBe(200);
    expect((await ask(http, { Host: "any.example" })).status).toBe(200);
  });

  const upgrade = async (headers: Record<string, string>): Promise<number> => {
    const socket = new WebSocket(`${named.url.replace("http", "ws")}/ws/`, { headers });
    socket.on("error", () => {});
    const status = await new Promise<number>((resolve) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_request, { statusCode = 0 }) => resolve(statusCode));
    });
    socket.terminate();
    return status;
  };

  test("WebSockets are for the same names, and for no other site's pages", async () => {
    expect(await upgrade({})).toBe(101);
    expect(await upgrade({ Host: "evil.example" })).toBe(421);
    expect(await upgrade({ Host: "evil.example", Origin: "http://evil.example" })).toBe(421);
    expect(await upgrade({ Host: "lab.example.org", Origin: "http://lab.example.org" })).toBe(101);
    // browsers let every page open WebSockets to everywhere
    expect(await upgrade({ Origin: "http://evil.example" })).toBe(403);
    const authorization = `Token ${await named.tokenOf(await named.lab.person("dan"))}`;
    expect(await upgrade({ Host: "lab.intern", Origin: "http://other.intern", authorization })).toBe(101);
  });
});

test("a type that not everybody may see is not named in the metrics", async () => {
  const { services, store } = http.lab;
  await services.deviceTypes.add(systemAdmin, "hidden-board", {});
  const change = { kind: "devicetype", object: "hidden-board", group: "owners", codename: "view" } as const;
  await services.people.grant(systemAdmin, change);
  const { jobs } = await services.jobs.submit(ann, jobText({ job_name: "secret board" }));
  await store.knex("jobs").where({ id: jobs[0] }).update({ requested_device_type: "hidden-board" });
  const { text } = await http.ask(undefined, "GET", "/metrics");
  expect(text).toContain('basalt_queued_jobs{device_type="(restricted)"} 1');
  expect(text).not.toContain("hidden-board");
});

test("a group that keeps something from others is not removed with it", async () => {
  const { services, device } = http.lab;
  await device("board-b");
  await services.people.addGroup(systemAdmin, "few");
  await services.people.grant(systemAdmin, { kind: "device", object: "board-b", group: "few", codename: "view" });
  expect((await http.ask(bob, "GET", "/api/v0.2/devices/board-b/")).status).toBe(404);
  await expect(services.people.removeGroup(systemAdmin, "few")).rejects.toMatchObject({ code: "ERR_IN_USE" });
  expect((await http.ask(bob, "GET", "/api/v0.2/devices/board-b/")).status).toBe(404);
});

test("answers run nothing, are framed by nobody and kept nowhere", async () => {
  for (const path of ["/api/v0.2/jobs/", "/healthz", "/nothing", "/api/v0.2/users/"]) {
    const { headers } = await http.ask(undefined, "GET", path);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("access-control-allow-origin")).toBeNull();
  }
});

test("a long log comes in parts, and whole", async () => {
  const { intake, services } = http.lab;
  const { jobs } = await services.jobs.submit(ann, jobText());
  const id = jobs[0] as number;
  const lines = Array.from(
    { length: 9_000 },
    (_, at) => `- {"dt": "2026-11-22T10:00:00", "lvl": "target", "msg": "${at}"}\n`,
  );
  await intake.append(id, 0, Buffer.from(lines.join("")), lines.length);
  const read = await http.ask(undefined, "GET", `/api/v0.2/jobs/${id}/logs/`);
  expect(read.text).toBe(lines.join(""));
  expect((await http.ask(undefined, "GET", `/api/v0.2/jobs/${id}/logs/?start=10&end=8999`)).text).toBe(
    lines.slice(10, 8_999).join(""),
  );
  expect((await http.ask(undefined, "GET", `/api/v0.2/jobs/${id}/logs/?start=8999`)).text).toBe(
    lines.slice(8_999).join(""),
  );
});
