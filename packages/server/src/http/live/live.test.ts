import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Person } from "../../people/rights.js";
import { systemAdmin } from "../../people/system-admin.js";
import type { Asker } from "../../services/types.js";
import { type TestHttp, testHttp } from "../../testing/test-http.js";
import { jobText } from "../../testing/test-services.js";

let http: TestHttp;
let ann: Person;
let bob: Person;
beforeAll(async () => {
  http = await testHttp();
  ann = await http.lab.person("ann");
  bob = await http.lab.person("bob");
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

/** A client that keeps what it hears. */
async function open(asker: Asker, path: string, headers: Record<string, string> = {}) {
  const authorization = asker ? { Authorization: `Token ${await http.tokenOf(asker)}` } : {};
  const socket = new WebSocket(`${http.url.replace("http", "ws")}${path}`, {
    headers: { ...authorization, ...headers },
  });
  const heard: unknown[] = [];
  const waiting = new Set<() => void>();
  socket.on("message", (data) => {
    heard.push(JSON.parse(String(data)));
    for (const look of waiting) look();
  });
  const closed = new Promise<number>((resolve) => socket.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    socket.once("open", () => resolve());
    socket.once("unexpected-response", (_request, response) => reject(new Error(`status ${response.statusCode}`)));
    socket.once("error", reject);
  });
  return {
    socket,
    heard,
    closed,
    until: (isThere: (heard: readonly unknown[]) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!isThere(heard)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}

const submit = async (asker: Asker, more: Parameters<typeof jobText>[0] = {}): Promise<number> =>
  (await http.lab.services.jobs.submit(asker, jobText(more))).jobs[0] as number;
const lines = (from: number, count: number): Buffer =>
  Buffer.from(
    Array.from(
      { length: count },
      (_, index) => `- {"dt": "2026-11-22T10:00:00", "lvl": "target", "msg": "${from + index}"}\n`,
    ).join(""),
  );
type Told = { type: string; from?: number; count?: number; text?: string; state?: string; lines?: number };
const linesOf = (heard: readonly unknown[]): string[] =>
  (heard as Told[]).flatMap(({ type, text = "" }) => (type === "log" ? text.split("\n").slice(0, -1) : []));

test("a log is followed from a line on, with the job's states, to its end", async () => {
  const { intake, life } = http.lab;
  const id = await submit(ann);
  await intake.append(id, 0, lines(0, 2_500), 2_500);
  const viewer = await open(undefined, `/api/v0.2/jobs/${id}/live?from=10`);
  await viewer.until((heard) => linesOf(heard).length === 2_490);
  expect((viewer.heard as Told[]).map(({ type, from, count }) => [type, from, count])).toEqual([
    ["state", undefined, undefined],
    ["log", 10, 1000],
    ["log", 1010, 1000],
    ["log", 2010, 490],
  ]);
  await life.running(id);
  await viewer.until((heard) => (heard as Told[]).some(({ state }) => state === "Running"));
  await intake.append(id, 2_500, lines(2_500, 3), 3);
  await viewer.until((heard) => linesOf(heard).length === 2_493);
  await intake.settle(id);
  await life.finished(id, { result: "pass" });
  expect(await viewer.closed).toBe(1000);
  expect(viewer.heard.at(-1)).toEqual({ type: "end", lines: 2_503 });
  expect(linesOf(viewer.heard)).toEqual(lines(10, 2_493).toString().split("\n").slice(0, -1));
});

test("a viewer that takes nothing costs nothing, and gets all when it reads again", async () => {
  const { intake, life } = http.lab;
  const id = await submit(ann);
  const viewer = await open(undefined, `/api/v0.2/jobs/${id}/live`);
  await viewer.until((heard) => heard.length === 1);
  viewer.socket.pause();
  const total = 200_000;
  for (let from = 0; from < total; from += 20_000) await intake.append(id, from, lines(from, 20_000), 20_000);
  await intake.settle(id);
  await life.finished(id, { result: "pass" });
  viewer.socket.resume();
  expect(await viewer.closed).toBe(1000);
  expect(linesOf(viewer.heard)).toHaveLength(total);
  expect(linesOf(viewer.heard).at(-1)).toContain(`"${total - 1}"`);
});

test("what may not be seen is refused before the upgrade", async () => {
  const id = await submit(ann, { visibility: "personal" });
  await expect(open(undefined, `/api/v0.2/jobs/${id}/live`)).rejects.toThrow("status 404");
  await expect(open(undefined, "/api/v0.2/jobs/999999/live")).rejects.toThrow("status 404");
  await expect(open(undefined, "/other")).rejects.toThrow("status 404");
  await expect(open(undefined, "/ws/", { Authorization: "Token x" })).rejects.toThrow("status 401");
  const { services } = http.lab;
  await services.people.addUser(systemAdmin, "sue", { password: "long enough" });
  const session = await services.people.logIn("sue", "long enough", { address: "10.0.0.1" });
  const Cookie = `basalt_session=${session?.cookie}`;
  await expect(open(undefined, "/ws/", { Cookie, Origin: "https://evil.example" })).rejects.toThrow("status 403");
  const own = await open(undefined, "/ws/", { Cookie, Origin: http.url });
  own.socket.close();
});

test("events as LAVA sends them, each to those who may see it", async () => {
  const everybody = await open(undefined, "/ws/");
  const owner = await open(ann, "/ws/");
  const other = await open(bob, "/ws/", {});
  const hidden = await submit(ann, { visibility: "personal", job_name: "hidden" });
  const open_ = await submit(ann, { job_name: "open" });
  await http.lab.services.devices.setHealth(systemAdmin, "d1", "Looping");
  await http.lab.services.workers.setHealth(systemAdmin, "w1", "Maintenance");
  const topics = (heard: readonly unknown[]): string[] => (heard as string[][]).map(([topic]) => topic ?? "");
  for (const client of [everybody, owner, other])
    await client.until((heard) => topics(heard).includes("org.lavasoftware.worker"));
  const jobs = (heard: readonly unknown[]): number[] =>
    (heard as string[][])
      .filter(([topic]) => topic?.endsWith("testjob"))
      .map(([, , , , data]) => JSON.parse(data ?? "").job);
  expect(jobs(everybody.heard)).toEqual([open_]);
  expect(jobs(other.heard)).toEqual([open_]);
  expect(jobs(owner.heard)).toEqual([hidden, open_]);
  const [topic, uuid, time, user, data] = (owner.heard as string[][])[1] ?? [];
  expect([topic, user]).toEqual(["org.lavasoftware.testjob", "ann"]);
  expect(uuid).toMatch(/^[\da-f-]{36}$/);
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$/);
  expect(JSON.parse(data ?? "")).toMatchObject({
    job: open_,
    state: "Submitted",
    health: "Unknown",
    description: "open",
    priority: 50,
    submitter: "ann",
    health_check: false,
    device_type: "qemu",
  });
  const device = (everybody.heard as string[][]).find(([name]) => name === "org.lavasoftware.device");
  expect([device?.[3], JSON.parse(device?.[4] ?? "")]).toEqual([
    "lavaserver",
    { health: "Looping", state: "Idle", device: "d1", device_type: "qemu", worker: "w1" },
  ]);
  for (const client of [everybody, owner, other]) client.socket.close();
});
