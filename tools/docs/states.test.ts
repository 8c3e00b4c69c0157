// docs/reference/states.md is written by hand: its tables and pictures are compared with the rules here.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Capacity } from "../../packages/server/src/scheduler/capacity.ts";
import { healthCheckDue } from "../../packages/server/src/scheduler/health-due.ts";
import type { LabDevice, LabState, LabType } from "../../packages/server/src/scheduler/lab-state.ts";
import { healthAfterJob } from "../../packages/server/src/states/device-states.ts";
import { type DeviceFacts, type JobEvent, jobTransition } from "../../packages/server/src/states/job-states.ts";
import {
  type DeviceHealth,
  deviceHealths,
  deviceStates,
  type JobHealth,
  type JobState,
  jobHealths,
  jobStates,
  workerHealths,
} from "../../packages/server/src/store/rows.ts";
import { tableAfter, tablesOf } from "./tables.mjs";

const page = readFileSync(new URL("../../docs/reference/states.md", import.meta.url), "utf8");
const section = (heading: string): string => page.split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";

const events: Readonly<Record<string, JobEvent>> = {
  scheduling: { type: "scheduling", device: "d" },
  scheduled: { type: "scheduled", device: "d" },
  running: { type: "running" },
  canceling: { type: "canceling" },
  finished: { type: "finished", result: "pass", infrastructure: false },
};

const moved = (state: JobState, event: JobEvent) =>
  jobTransition(
    {
      id: 1,
      state,
      health: "Unknown",
      health_check: false,
      essential: false,
      target_group: null,
      actual_device: "d",
      started: false,
    },
    { name: "d", state: "Running", health: "Good" },
    event,
  );

/** `A --> B: words` of a picture. */
const arrows = (heading: string): (readonly [string, string, string])[] =>
  [...section(heading).matchAll(/^ {2}(\w+) --> (\w+): (.+)$/gm)].map(([, a = "", b = "", words = ""]) => [
    a,
    b,
    words,
  ]);

describe("jobs", () => {
  const [head = [], ...rows] = tableAfter(page, "compared with jobTransition");

  test("the table has every event and every state", () => {
    expect(head.slice(1)).toEqual(jobStates);
    expect(rows.map(([event]) => event)).toEqual(Object.keys(events));
  });

  test.each(rows)("%s", (name, ...cells) => {
    const event = events[name ?? ""] as JobEvent;
    expect(jobStates.map((state) => moved(state, event)?.state ?? "-")).toEqual(cells);
  });

  test("every arrow of the picture is a way, and no state is left out", () => {
    const drawn = arrows("Jobs");
    for (const [from, to, words] of drawn) {
      const event = events[words.split(" ")[0] ?? ""] as JobEvent;
      expect([from, words, moved(from as JobState, event)?.state]).toEqual([from, words, to]);
    }
    expect(new Set(drawn.flatMap(([from, to]) => [from, to]))).toEqual(new Set(jobStates));
  });

  test("states and healths are explained", () => {
    const firsts = tablesOf(section("Jobs")).map((rows_) => rows_.slice(1).map(([first]) => first));
    expect(firsts).toContainEqual([...jobStates]);
    expect(firsts).toContainEqual([...jobHealths]);
  });
});

describe("devices", () => {
  test("the picture shows what jobs do to their device", () => {
    const moves: Readonly<Record<string, string | undefined>> = {
      "its job is scheduled": moved("Submitted", events.scheduled as JobEvent)?.device?.state,
      running: moved("Scheduled", events.running as JobEvent)?.device?.state,
      finished: moved("Running", events.finished as JobEvent)?.device?.state,
    };
    const drawn = arrows("Devices");
    for (const [, to, words] of drawn) expect([words, to]).toEqual([words, moves[words]]);
    expect(new Set(drawn.flatMap(([from, to]) => [from, to]))).toEqual(new Set(deviceStates));
  });

  const device = (health: DeviceHealth): LabDevice => ({
    name: "d",
    type: "t",
    state: "Idle",
    health,
    worker: "w",
    tags: new Set(),
    hasHealthCheck: true,
    checked: { at: 0, jobsSince: 0 },
  });
  const type: LabType = {
    name: "t",
    display: true,
    jobLimit: 0,
    healthCheck: { disabled: false, frequency: 24, denominator: "hours" },
  };
  const lab = {
    devices: [],
    types: new Map([["t", type]]),
    workers: new Map([["w", { state: "Online", health: "Active", jobLimit: 0 }]]),
  } as unknown as LabState;

  test.each(tableAfter(page, "compared with deviceHealths").slice(1))(
    "%s: jobs %s, checks: %s",
    (health, jobs, checks) => {
      const one = device(health as DeviceHealth);
      expect(new Capacity(lab).hindrance(one) === undefined ? "yes" : "no").toBe(jobs);
      const dueNow = healthCheckDue(one, type, 1_000);
      const dueLater = healthCheckDue(one, type, 25 * 3_600_000);
      expect(dueLater, `${checks}`).toBe(checks !== "no");
      expect(dueNow, `${checks}`).toBe(checks !== "no" && checks !== "when one is due");
    },
  );

  test("every health is in both tables", () => {
    for (const name of ["deviceHealths", "healthAfterJob"])
      expect(
        tableAfter(page, `compared with ${name}`)
          .slice(1)
          .map(([first]) => first),
      ).toEqual([...deviceHealths]);
  });

  const ends: readonly (readonly [boolean, JobHealth, boolean])[] = [
    [true, "Complete", false],
    [true, "Incomplete", false],
    [true, "Canceled", false],
    [false, "Incomplete", true],
    [false, "Incomplete", false],
  ];
  test.each(tableAfter(page, "compared with healthAfterJob").slice(1))("%s after a job", (before, ...cells) => {
    const facts: DeviceFacts = { name: "d", state: "Running", health: before as DeviceHealth };
    const made = ends.map(
      ([health_check, health, infrastructure]) =>
        healthAfterJob(facts, { job: { id: 1, health_check }, health, infrastructure })?.health ?? before,
    );
    expect(made).toEqual(cells);
  });
});

test("healths of workers are explained", () => {
  expect(
    tablesOf(section("Workers"))[0]
      ?.slice(1)
      .map(([first]) => first),
  ).toEqual([...workerHealths]);
});
