import type { Clock } from "@basalt/core";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { LogIntake } from "../results/index.js";
import type { Store } from "../store/store.js";

/** What the server counts, for Prometheus. */
export interface Metrics {
  readonly registry: Registry;
  /** In seconds. */
  observeRequest(
    labels: { readonly method: string; readonly route: string; readonly status: number },
    seconds: number,
  ): void;
  /** A scheduling pass, in seconds. */
  observePass(seconds: number): void;
  /** Counts the lines that it takes; otherwise the same intake. */
  counted(intake: LogIntake): LogIntake;
  /** As text, with what the database says now: read at most every few seconds. */
  text(): Promise<string>;
}

const keepMs = 5_000;
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Anybody may read it: types that not everybody may see are not named. */
const counts = `
  select 'job' as kind, state as a, case when state = 'Finished' then health else '' end as b, count(*) as count
    from jobs where state <> 'Finished' or end_time > now() - interval '1 day' group by 1, 2, 3
  union all select 'queue', case when exists (select 1 from object_permissions p
      where p.kind = 'devicetype' and p.object = requested_device_type and p.codename = 'view') then '(restricted)'
    else coalesce(requested_device_type, '') end, '', count(*) from jobs where state = 'Submitted' group by 1, 2
  union all select 'device', state, health, count(*) from devices group by 1, 2, 3
  union all select 'worker', state, health, count(*) from workers group by 1, 2, 3`;

interface CountRow {
  readonly kind: "job" | "queue" | "device" | "worker";
  readonly a: string;
  readonly b: string;
  readonly count: number;
}

export function makeMetrics({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: Pick<Clock, "monotonic">;
}): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Histogram({
    name: "basalt_http_request_seconds",
    help: "Time until the answer was ready.",
    labelNames: ["method", "route", "status"],
    buckets,
    registers,
  });
  const passes = new Histogram({
    name: "basalt_scheduling_pass_seconds",
    help: "Time of one scheduling pass.",
    buckets,
    registers,
  });
  const lines = new Counter({ name: "basalt_log_lines_total", help: "Log lines stored by this process.", registers });
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[]) =>
    new Gauge({ name, help, labelNames: [...labelNames], registers });
  const queue = gauge("basalt_queued_jobs", "Jobs that wait for a device, by device type.", ["device_type"]);
  const jobs = gauge("basalt_jobs", "Jobs by state; finished ones of the last day by health.", ["state", "health"]);
  const devices = gauge("basalt_devices", "Devices by state and health.", ["state", "health"]);
  const workers = gauge("basalt_workers", "Workers by state and health.", ["state", "health"]);
  const pool = gauge("basalt_database_connections", "Connections of this process to the database.", ["state"]);
  /** Up to which line of a job's log. */
  const counted = new Map<number, number>();
  let readAt = Number.NEGATIVE_INFINITY;

  async function read(): Promise<void> {
    if (clock.monotonic() - readAt < keepMs) return;
    const { rows } = (await store.knex.raw(counts)) as { rows: CountRow[] };
    readAt = clock.monotonic();
    for (const all of [queue, jobs, devices, workers]) all.reset();
    for (const { kind, a, b, count } of rows) {
      if (kind === "queue") queue.set({ device_type: a }, count);
      else ({ job: jobs, device: devices, worker: workers })[kind].set({ state: a, health: b }, count);
    }
    const { used, free, waiting } = store.pool();
    for (const [state, value] of Object.entries({ used, free, waiting })) pool.set({ state }, value);
  }

  return {
    registry,
    observeRequest: ({ method, route, status }, seconds) =>
      requests.observe({ method, route, status: String(status) }, seconds),
    observePass: (seconds) => passes.observe(seconds),
    counted: (intake) => ({
      ...intake,
      async append(job, from, body, count) {
        const { next } = await intake.append(job, from, body, count);
        // what was there already or did not fit is not counted
        lines.inc(Math.max(0, Math.min(count, next - Math.max(from, counted.get(job) ?? from))));
        counted.set(job, next);
        return { next };
      },
      settle(job) {
        counted.delete(job);
        return intake.settle(job);
      },
    }),
    async text() {
      await read();
      return registry.metrics();
    },
  };
}
