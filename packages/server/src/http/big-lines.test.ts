import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import type { Person } from "../people/rights.js";
import { type TestHttp, testHttp } from "../testing/test-http.js";
import { jobText } from "../testing/test-services.js";

// lines are as long as what a worker sends at once: whoever reads a log must not have them in memory by the thousand
const mebibyte = 1024 * 1024;
const line = (index: number, length = mebibyte): string =>
  `- {"dt": "2026-11-22T10:00:00", "lvl": "target", "msg": "${String(index % 10).repeat(length)}"}\n`;
const lines = Array.from({ length: 40 }, (_, index) => line(index, index % 4 === 3 ? 10 : mebibyte));
const all = lines.join("");

let http: TestHttp;
let ann: Person;
let id = 0;
beforeAll(async () => {
  http = await testHttp();
  ann = await http.lab.person("ann");
  id = (await http.lab.services.jobs.submit(ann, jobText())).jobs[0] as number;
  for (let from = 0; from < lines.length; from += 4)
    await http.lab.intake.append(id, from, Buffer.from(lines.slice(from, from + 4).join("")), 4);
}, 60_000);
afterAll(() => http[Symbol.asyncDispose]());

test("one answer of the service holds 4 MiB, or one line; all are got by going on", async () => {
  const { jobs } = http.lab.services;
  const parts: string[] = [];
  for (let start = 0; start < lines.length; ) {
    const part = await jobs.log(undefined, id, { start });
    expect(part).toMatchObject({ start, count: 40, finished: false });
    expect(part.text.length).toBeLessThanOrEqual(4 * mebibyte);
    expect(part.next).toBeGreaterThan(start);
    parts.push(part.text.toString());
    start = part.next;
  }
  expect(parts.join("") === all).toBe(true);
  const tail = await jobs.log(undefined, id, { start: 0, bytes: 1, last: true });
  expect([tail.start, tail.next, tail.text.toString()]).toEqual([39, 40, lines[39]]);
});

test("a download is whole, or the part that was asked for", async () => {
  const path = `/api/v0.2/jobs/${id}/logs/`;
  const read = await http.ask(undefined, "GET", path);
  expect([read.status, read.headers.get("x-log-lines"), read.text === all]).toEqual([200, "40", true]);
  const part = await http.ask(undefined, "GET", `${path}?start=3&end=9`);
  expect(part.text === lines.slice(3, 9).join("")).toBe(true);
});

test("a client that takes nothing has nothing read for it", async () => {
  const read = vi.spyOn(http.lab.logs, "page");
  try {
    const asked = request(`${http.url}/api/v0.2/jobs/${id}/logs/`).end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    // each asks for as much of the server's attention as a part of the log
    for (let index = 0; index < 100; index++) await http.ask(undefined, "GET", `/api/v0.2/jobs/${id}/`);
    // what is in buffers of the system between
    expect(read.mock.calls.length).toBeLessThan(30);
    expect(Buffer.concat(await answer.toArray()).toString() === all).toBe(true);
    expect(read.mock.calls.length).toBeGreaterThanOrEqual(30);
  } finally {
    read.mockRestore();
  }
});

test("a viewer gets long lines one by one", async () => {
  const socket = new WebSocket(`${http.url.replace("http", "ws")}/api/v0.2/jobs/${id}/live`);
  const heard: { type: string; from: number; count: number; text: string }[] = [];
  await new Promise<void>((resolve) => {
    socket.on("message", (data) => {
      const message = JSON.parse(String(data));
      if (message.type === "log") heard.push(message);
      if (message.from + message.count === lines.length) resolve();
    });
  });
  socket.terminate();
  expect(heard.map(({ text }) => text).join("") === all).toBe(true);
  expect(heard.every(({ count, text }) => count === 1 || text.length <= 256 * 1024)).toBe(true);
});
