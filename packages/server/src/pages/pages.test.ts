import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { silentDaemonLog, systemClock } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeHttpApp } from "../http/index.js";
import { systemAdmin } from "../people/index.js";
import { makeServices, type Services } from "../services/index.js";
import { makeRightsCache } from "../services/rights-cache.js";
import type { Store } from "../store/store.js";
import { testStore } from "../testing/test-store.js";
import { mountPages } from "./mount-pages.js";
import { localPath } from "./page-request.js";

// The pages over HTTP, without a browser; packages/cli/src/e2e/pages.test.ts has one.

let store: Store;
let services: Services;
let url: string;
const http = createServer();
const password = "a good password";

beforeAll(async () => {
  store = await testStore();
  const shared = { clock: systemClock, log: silentDaemonLog };
  const nothing = {} as never;
  const logs = { count: async () => 0, range: async () => Buffer.alloc(0), getText: async () => undefined } as never;
  services = makeServices({ ...shared, store, logs, configs: nothing, catalog: nothing, life: nothing });
  const rights = makeRightsCache(store, systemClock);
  const front = await makeHttpApp({
    ...shared,
    services,
    store,
    version: "1",
    mount: (app, router) => mountPages(app, router, { ...shared, services, rights: () => rights.now(), version: "1" }),
  });
  front.attach(http);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await services.people.addUser(systemAdmin, "ann", { password });
  await services.people.addUser(systemAdmin, "bob", { password });
  await services.deviceTypes.add(systemAdmin, "qemu", {});
  await services.devices.add(systemAdmin, "qemu01", { device_type: "qemu", health: "Good" });
  return async () => front[Symbol.asyncDispose]();
});
afterAll(async () => {
  http.close();
  http.closeAllConnections();
  await store.close();
});

const html = { accept: "text/html" };
const ask = (path: string, init: RequestInit = {}) =>
  fetch(url + path, { redirect: "manual", ...init, headers: { ...html, ...init.headers } });
const send = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  ask(path, { method: "POST", body: new URLSearchParams(fields), headers: { origin: url, ...headers } });

async function logIn(username: string): Promise<{ cookie: string }> {
  const answer = await send("/login", { username, password, next: "/me" });
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe("/me");
  const set = answer.headers.get("set-cookie") ?? "";
  expect(set).toMatch(/; HttpOnly; SameSite=Lax/);
  return { cookie: set.split(";")[0] ?? "" };
}

test("every page forbids scripts that are not our files, frames, and being kept", async () => {
  for (const path of ["/", "/jobs", "/devices", "/devices/qemu01", "/device-types", "/workers", "/login", "/nothing"]) {
    const { headers, status } = await ask(path);
    expect(status, path).toBe(path === "/nothing" ? 404 : 200);
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy, path).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain("unsafe");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

test("files the pages use can be kept for ever; others are not there", async () => {
  const page = await (await ask("/")).text();
  const links = [...page.matchAll(/(?:href|src)="(\/static\/[^"]+)"/g)].map(([, link]) => link ?? "");
  expect(links.length).toBeGreaterThanOrEqual(4);
  for (const link of links) {
    const answer = await ask(link);
    expect(answer.status, link).toBe(200);
    expect(answer.headers.get("cache-control")).toContain("immutable");
  }
  expect((await ask("/static/basalt.000000000000.css")).status).toBe(404);
});

test("who is not logged in is sent to the login and comes back", async () => {
  const answer = await ask("/me?x=1");
  expect(answer.status).toBe(303);
  expect(answer.headers.get("location")).toBe("/login?next=%2Fme%3Fx%3D1");
  const wrong = await send("/login", { username: "ann", password: "no", next: "/me" });
  expect(wrong.status).toBe(401);
  expect(await wrong.text()).toContain("Name or password are wrong");
  expect((await ask("/me", { headers: await logIn("ann") })).status).toBe(200);
});

test("a form of another site does nothing", async () => {
  const cookie = await logIn("ann");
  const before = (await services.people.tokens(systemAdmin, "ann")).length;
  for (const headers of [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }, { origin: "null" }]) {
    const answer = await send("/me/tokens", { description: "stolen" }, { ...cookie, ...headers });
    expect(answer.status).toBe(403);
    expect((await send("/login", { username: "bob", password, next: "/" }, headers)).status).toBe(403);
  }
  expect(await services.people.tokens(systemAdmin, "ann")).toHaveLength(before);
});

test("a token is shown once", async () => {
  const cookie = await logIn("ann");
  const made = await (await send("/me/tokens", { description: "ci <b>" }, cookie)).text();
  const token = /<code class="token">([^<]+)</.exec(made)?.[1] ?? "";
  expect((await services.people.byToken(token))?.username).toBe("ann");
  expect(made).toContain("ci &lt;b>");
  const again = await (await ask("/me", { headers: cookie })).text();
  expect(again).not.toContain(token);
  const remove = /action="(\/me\/tokens\/\d+\/remove)"/.exec(again)?.[1] ?? "";
  expect((await send(remove, {}, await logIn("bob"))).status).toBeGreaterThanOrEqual(400);
  expect((await send(remove, {}, cookie)).status).toBe(303);
  expect(await services.people.tokens(systemAdmin, "ann")).toHaveLength(0);
});

test("who may not change a device has no button for it, and can't do it without one", async () => {
  const bob = await logIn("bob");
  expect(await (await ask("/devices/qemu01", { headers: bob })).text()).not.toContain("Set health");
  expect((await send("/devices/qemu01/health", { health: "Retired" }, bob)).status).toBe(403);
  await services.people.updateUser(systemAdmin, "ann", { is_superuser: true });
  const ann = await logIn("ann");
  expect(await (await ask("/devices/qemu01", { headers: ann })).text()).toContain("Set health");
  const done = await send("/devices/qemu01/health", { health: "Maintenance", reason: "new cable" }, ann);
  expect(done.headers.get("location")).toBe("/devices/qemu01?said=health-set");
  const page = await (await ask("/devices/qemu01?said=health-set", { headers: ann })).text();
  expect(page).toContain("The health was set.");
  expect(page).toContain("new cable");
  expect((await send("/devices/qemu01/health", { health: "Great" }, ann)).status).toBe(400);
});

test("a device that is out says why; lists are filtered by what the pages link to", async () => {
  await services.devices.add(systemAdmin, "qemu02", { device_type: "qemu", health: "Good", tags: [] });
  await services.devices.setHealth(systemAdmin, "qemu02", "Bad", "no answer from the PDU");
  expect(await (await ask("/devices/qemu02")).text()).toMatch(/Why no job is started on it.*no answer from the PDU/s);
  await services.devices.setHealth(systemAdmin, "qemu02", "Good");
  expect(await (await ask("/devices/qemu02")).text()).not.toContain("Why no job is started on it");
  const names = async (query: string): Promise<string[]> =>
    [...(await (await ask(`/devices?${query}`)).text()).matchAll(/<th scope="row"><a href="[^"]*">([^<]*)/g)].map(
      ([, name]) => name ?? "",
    );
  expect(await names("health=Good")).toEqual(["qemu02"]);
  expect(await names("state=Idle&text=MU0")).toEqual(["qemu01", "qemu02"]);
  expect(await names("worker=w9")).toEqual([]);
  expect(await names("tag=usb")).toEqual([]);
  // a word that is none is left out, as in any address somebody wrote by hand
  expect(await names("state=Sleeping")).toEqual(["qemu01", "qemu02"]);
});

test("a type tells how many jobs wait for it, also where there are more than are counted at once", async () => {
  const rows = Array.from({ length: 1_001 }, () => ({
    description: "waits",
    definition: "",
    original_definition: "",
    requested_device_type: "qemu",
    submitter: 1,
    is_public: true,
  }));
  const queued = async (): Promise<string | undefined> =>
    /state=Submitted&amp;type=qemu">(\d+)</.exec(await (await ask("/device-types")).text())?.[1];
  await store.knex("jobs").insert(rows.slice(0, 3));
  expect(await queued()).toBe("3");
  await store.knex.batchInsert("jobs", rows.slice(3));
  expect(await queued()).toBe("1001");
});

test("logging out ends the session", async () => {
  const cookie = await logIn("bob");
  const answer = await send("/logout", {}, cookie);
  expect(answer.headers.get("set-cookie")).toMatch(/Max-Age=0/);
  expect((await ask("/me", { headers: cookie })).status).toBe(303);
});

test("filters that make no sense are told, not a failure", async () => {
  const answer = await ask("/jobs?state=Sleeping&offset=x");
  expect(answer.status).toBe(400);
  expect(await answer.text()).toContain("Sleeping");
  expect((await ask("/jobs?text=%00")).status).toBe(400);
  expect((await ask("/jobs/999999999999")).status).toBe(404);
  expect((await ask("/jobs/%2e%2e%2fetc")).status).toBe(404);
});

test("programs get JSON for what is wrong, as before", async () => {
  const answer = await ask("/jobs/12345", { headers: { accept: "application/json" } });
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: "ERR_NOT_FOUND" });
});

test.each([
  ["/jobs/1?x=2", "/jobs/1?x=2"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example", "/"],
  ["javascript:alert(1)", "/"],
  ["/a\nSet-Cookie: x", "/"],
  [null, "/"],
])("after a login one goes from %j to %j", (asked, to) => expect(localPath(asked)).toBe(to));
