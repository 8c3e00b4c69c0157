import { systemClock } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogIntake } from "../results/index.js";
import { type TestServices, testServices } from "../testing/test-services.js";
import { makeMetrics } from "./metrics.js";

let lab: TestServices;
beforeAll(async () => {
  lab = await testServices();
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

test("lines are counted once, however often they come; passes and the lab are told", async () => {
  const metrics = makeMetrics({ store: lab.store, clock: systemClock });
  const intake: LogIntake = metrics.counted(lab.intake);
  const ann = await lab.person("ann");
  const { jobs } = await lab.services.jobs.submit(
    ann,
    '{"job_name": "j", "device_type": "qemu", "visibility": "public", "timeouts": {"job": {"minutes": 1}}, "actions": [{"command": {"name": "x"}}]}',
  );
  const body = (count: number): Buffer => Buffer.from("- {}\n".repeat(count));
  const id = jobs[0] as number;
  await intake.append(id, 0, body(3), 3);
  await intake.append(id, 0, body(3), 3);
  await intake.append(id, 2, body(2), 2);
  expect(await intake.append(id, 9, body(1), 1)).toMatchObject({ next: 4 });
  metrics.observePass(0.02);
  const text = await metrics.text();
  for (const line of [
    "basalt_log_lines_total 4",
    "basalt_scheduling_pass_seconds_count 1",
    'basalt_queued_jobs{device_type="qemu"} 1',
    'basalt_jobs{state="Submitted",health=""} 1',
    'basalt_devices{state="Idle",health="Good"} 1',
  ])
    expect(text).toContain(line);
});
