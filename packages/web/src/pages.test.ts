import { expect, test } from "vitest";
import * as web from "./index.js";
import { evil, testFrame, textOf } from "./testing/frame.js";

const at = new Date("2026-11-22T09:00:00Z");
const job: web.JobDetails = {
  id: "12",
  description: evil,
  state: "Finished",
  health: "Incomplete",
  deviceType: evil,
  device: evil,
  submitter: evil,
  priority: 50,
  healthCheck: false,
  submitted: at,
  started: at,
  ended: new Date(at.getTime() + 65_000),
  waitsFor: evil,
  failure: evil,
  visibility: evil,
  worker: evil,
  role: evil,
  tags: [evil],
  resubmitOf: 3,
  comment: evil,
  failureTags: [evil],
  error: { type: evil, code: evil, message: evil, line: 4, excerpt: [] },
  group: [{ id: "12.1", role: evil, state: "Running", health: "Unknown" }],
};
const row: web.CaseRow = { suite: evil, set: evil, name: evil, result: "fail", measurement: evil, line: 7, logged: at };
const suite: web.SuiteSummary = { name: evil, counts: { pass: 2, fail: 1, skip: 0, unknown: 0 }, failed: [row] };
const step: web.TimelineStep = {
  level: "1",
  name: evil,
  state: "failed",
  runs: [{ fromMs: 0, toMs: 9_000, failed: true }],
  timeoutMs: 10_000,
  line: 3,
};
const line: web.LogLine = { number: 1, time: "09:00:00.000", level: "target", text: evil };
const failing: web.JobDetails = {
  ...job,
  error: {
    type: "Test",
    code: null,
    message: evil,
    line: 4,
    excerpt: [{ ...line, number: 4, text: `panic: ${evil}` }],
  },
};
const log: web.LogPanelView = {
  job: "12",
  count: 2,
  finished: true,
  lines: [
    line,
    { ...line, number: 2, level: evil, namespace: evil },
    { ...line, number: 3, level: "results", result: { suite: evil, name: evil, word: evil, more: evil } },
  ],
  from: 1,
  to: 3,
  levels: [],
};
const view: web.JobPageView = {
  job: failing,
  may: { cancel: true, resubmit: true },
  timeline: { job: "12", totalMs: 10_000, steps: [step] },
  suites: [suite],
  planError: evil,
  history: [{ at, author: evil, message: evil }],
  now: at,
};
const pager: web.PagerView = {
  count: 100,
  offset: 50,
  limit: 50,
  href: (offset) => `/jobs?text=${encodeURIComponent(evil)}&offset=${offset}`,
};
const device: web.DeviceRowView = {
  name: evil,
  type: evil,
  description: evil,
  state: "Idle",
  health: "Good",
  worker: evil,
  tags: [evil],
  job: 12,
};
const frame: web.Frame = { ...testFrame, user: { name: evil, isSuperuser: false }, path: `/${evil}`, notice: evil };
const filters = { state: evil, health: evil, type: evil, device: evil, submitter: evil, text: evil };

const pages: Readonly<Record<string, string>> = {
  job: web.jobPage(frame, view, log),
  jobs: web.jobsPage(frame, { filters, jobs: [job], pager, now: at, problem: evil }),
  log: web.logPage(frame, { ...log, job: evil }),
  results: web.resultsPage(frame, { job: evil, suites: [suite], suite: evil, result: evil, cases: [row], pager }),
  definition: web.definitionPage(frame, { job: evil, texts: [{ name: evil, text: evil }], maySubmit: true }),
  submit: web.submitPage(frame, {
    text: `</textarea>${evil}`,
    check: { ok: false, marks: [{ line: 1, column: 3, message: evil }], messages: [evil] },
  }),
  devices: web.devicesPage(frame, {
    filters: { type: evil, state: "", health: "", worker: evil, tag: evil, text: evil, all: false },
    devices: [device],
    pager,
  }),
  device: web.devicePage(frame, {
    device: { ...device, version: evil, owner: evil, healthJob: 1 },
    mayChange: true,
    dictionary: evil,
    rendered: { problem: evil },
    why: { at, author: evil, message: evil },
    history: [{ at, author: evil, message: evil }],
    jobs: [job],
    now: at,
  }),
  types: web.typesPage(frame, {
    types: [
      {
        name: evil,
        description: evil,
        architecture: evil,
        aliases: [evil],
        idle: 1,
        busy: 0,
        offline: 0,
        queued: 1,
        jobLimit: 2,
        hasTemplate: false,
        healthCheck: evil,
      },
    ],
  }),
  workers: web.workersPage(frame, {
    workers: [
      {
        name: evil,
        description: evil,
        state: evil,
        health: evil,
        version: evil,
        lastSeen: at,
        jobLimit: 1,
        devices: [evil],
        jobs: [1],
        mayChange: true,
      },
    ],
  }),
  home: web.homePage(frame, {
    queued: 1,
    queue: [job],
    running: [{ ...job, step: evil, progress: 0.5 }],
    runningCount: 1,
    recent: [job],
    devices: {
      count: 1,
      idle: 0,
      busy: 1,
      unusable: 0,
      tiles: [{ name: evil, type: evil, state: evil, health: evil, job: 1 }],
    },
    workers: [{ name: evil, state: evil, health: evil }],
    now: at,
  }),
  login: web.loginPage(frame, { next: evil, username: evil, problem: evil }),
  me: web.mePage(frame, {
    username: evil,
    groups: [evil],
    isSuperuser: false,
    tokens: [{ id: 1, description: evil, created: at, used: null }],
    fresh: { description: evil, token: evil },
  }),
  error: web.errorPage(frame, { status: 404, title: evil, message: evil, code: evil }),
};

test.each(Object.entries(pages))("%s: what people and boards wrote stays text", (_name, html) => {
  // our own scripts are files
  const scripts = [...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
  expect(scripts.length).toBeGreaterThan(0);
  for (const tag of scripts) expect(tag).toMatch(/^<script type="module" src="\/static\/[a-z-]+\.js">$/);
  expect(html).not.toMatch(/<img src=x/);
  // every attribute is closed by its own quote: no handler, no style got in
  for (const [tag] of html.matchAll(/<[a-z][^>]*>/g)) {
    const bare = tag.replace(/"[^"]*"/g, '""');
    expect(bare).not.toMatch(/ on\w+=|style=|'/);
  }
  expect(textOf(html)).toContain("alert(1)");
});

test("a job that failed says why, where, and what can be done", () => {
  const html = web.jobPage(testFrame, view, log);
  expect(html).toContain('href="/jobs/12/log?line=4#L4"');
  expect(html).toContain('action="/jobs/12/resubmit"');
  expect(html).not.toContain('action="/jobs/12/cancel"');
  expect(textOf(html)).toContain("Incomplete");
  expect(textOf(html)).toContain("1m 5s");
  // 9 of 10 seconds used
  expect(textOf(html)).toContain("nearly used up");
  // and what the log said there, whose lines are no second anchors
  expect(textOf(html)).toContain("after 9.0 s of at most 10 s");
  expect(textOf(html)).toContain("panic: ");
  expect(html.match(/id="L4"/g)).toBeNull();
});

test("no anchor is there twice, also where results have the same name", () => {
  const again = { ...row, name: "login" };
  const html = web.resultsPage(testFrame, {
    job: "12",
    suites: [suite],
    suite: undefined,
    result: undefined,
    cases: [again, { ...again, line: 9 }],
    pager,
  });
  for (const page of [...Object.values(pages), html]) {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual([...new Set(ids)]);
  }
});

test("a list says that it is empty, and a large lab shows what wants a look", () => {
  const none = { state: "", health: "", type: "", device: "", submitter: "", text: "" };
  const html = web.jobsPage(testFrame, { filters: none, jobs: [], pager: { ...pager, count: 0, offset: 0 }, now: at });
  expect(textOf(html)).toContain("No such job.");
  expect(html).not.toContain("<table");
  expect(html).toContain('<a href="/jobs" aria-current="page">All</a>');
  const tiles = [{ name: "rack-9", type: "fake", state: "Idle", health: "Bad", job: null }];
  const home = web.homeParts({
    queued: 0,
    queue: [],
    running: [],
    runningCount: 0,
    recent: [],
    devices: { count: 1_000, idle: 612, busy: 380, unusable: 8, tiles },
    workers: [],
    now: at,
  });
  expect(textOf(home)).toMatch(/Devices 1,000.*380 busy, 612 idle, 8 not usable.*rack-9.*and 999 more/s);
});

test("buttons are for those who may", () => {
  const running: web.JobPageView = { ...view, job: { ...job, state: "Running" } };
  expect(web.jobParts(running)).toContain('action="/jobs/12/cancel"');
  expect(web.jobParts({ ...running, may: { cancel: false, resubmit: false } })).not.toContain("<form");
});

test("a job that waits says why, and shows its plan", () => {
  const planned: web.TimelineStep = { level: "1", name: "deploy", state: "planned", runs: [], timeoutMs: 60_000 };
  const html = web.jobParts({
    ...view,
    job: { ...job, state: "Submitted", waitsFor: "bbb-01 is busy with job 9", error: undefined },
    timeline: { job: "12", totalMs: 0, steps: [planned] },
    suites: [],
  });
  expect(textOf(html)).toContain("Why it waits");
  expect(textOf(html)).toContain("bbb-01 is busy with job 9");
  expect(textOf(html)).toMatch(/Plan.*deploy/s);
  expect(html).not.toContain("data-done");
});

test("a text that was refused comes back as it was, also when it begins with an empty line", () => {
  const text = "\n\n  a: </textarea>\n";
  const html = web.submitPage(testFrame, { text });
  const inside = /<textarea[^>]*>([\s\S]*?)<\/textarea>/.exec(html)?.[1] ?? "";
  // a browser drops the first line feed
  expect(textOf(inside.replace(/^\n/, "")).replaceAll("&gt;", ">")).toBe(text);
});

test("a problem's place is marked in the text", () => {
  const html = web.submitPage(testFrame, {
    text: "a: 1\nb: {method: fke}\n",
    check: { ok: false, marks: [{ line: 2, column: 13, message: "no such method" }], messages: [] },
  });
  expect(html).toContain("<mark>fke</mark>");
  expect(html).toContain('href="#T2"');
  expect(textOf(html)).toContain("line 2, column 13: no such method");
});

test("nobody who is not logged in is offered to submit", () => {
  const html = web.loginPage({ ...testFrame, user: undefined }, { next: "/" });
  expect(html).not.toContain('href="/submit"');
  expect(html).toContain('href="/login?next=');
});

test("assets have addresses that change with their content, and a style sheet without outside things", () => {
  const assets = web.readAssets();
  expect(assets.map(({ name }) => name)).toEqual(
    expect.arrayContaining(["basalt.css", "favicon.svg", "live-log.js", "live-parts.js", "times.js"]),
  );
  for (const { url } of assets) expect(url).toMatch(/^\/static\/[a-z-]+\.[0-9a-f]{12}\.(css|js|svg)$/);
  const css = assets.find(({ name }) => name === "basalt.css")?.body.toString() ?? "";
  expect(css).not.toMatch(/url\(|@import/);
  // a script's imports are addresses that are there, too
  const urls = assets.map(({ url }) => url);
  const imports = assets.flatMap(({ body }) =>
    [...body.toString().matchAll(/\bfrom "([^"]+\.js)"/g)].map(([, at]) => at),
  );
  expect(imports.length).toBeGreaterThan(2);
  expect(urls).toEqual(expect.arrayContaining(imports));
});
