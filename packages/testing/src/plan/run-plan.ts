import {
  type AnySlot,
  type AnyToken,
  buildPipeline,
  type Clock,
  ConnectionsToken,
  type Device,
  DispatcherToken,
  DownloaderToken,
  defineStrategy,
  FileStoreToken,
  inNamespace,
  type JobOutcome,
  type JournalEvent,
  type JsonObject,
  type LogLevel,
  type Pipeline,
  type PlanNode,
  PowerToken,
  ProcessRunnerToken,
  type Protocol,
  type Resolve,
  type ResultRecord,
  runJob,
  type Section,
  type Slot,
  serviceMissing,
  systemClock,
  toJob,
} from "@basalt/core";
import { FakeConnections } from "../fakes/fake-connections.js";
import { fakeDispatcher } from "../fakes/fake-dispatcher.js";
import { FakeDownloader } from "../fakes/fake-downloader.js";
import { FakeFiles } from "../fakes/fake-files.js";
import { FakePower } from "../fakes/fake-power.js";
import { FakeProcessRunner } from "../fakes/fake-process-runner.js";
import { asDevice } from "./plan-of.js";
import { recordOutputs, type WrittenSlots } from "./record-outputs.js";

/** What a plan runs with; all of it may be left out. */
export interface RunPlanOptions {
  /** Values that are there before the first action. */
  readonly slots?: readonly (readonly [AnySlot, unknown])[];
  /** Services by token; in place of, or beside, the fakes. */
  readonly services?: readonly (readonly [AnyToken, unknown])[];
  /** Rendered dictionary or device. */
  readonly device?: string | JsonObject | Device;
  /** Keys of the job's definition, put over those of a job of one hour. `actions` counts only where a {@link Pipeline} is not given. */
  readonly job?: JsonObject;
  readonly jobId?: string;
  /** Section and parameters of the block that the node is the plan of. */
  readonly section?: Section;
  readonly params?: JsonObject;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly protocols?: readonly Protocol[];
  readonly secrets?: readonly string[];
  /** Told of each event as it happens. */
  onEvent?(event: JournalEvent): void;
}

/** What came of it. */
export interface RanPlan {
  readonly outcome: JobOutcome;
  readonly events: readonly JournalEvent[];
  /** Results in order, those of actions (definition `lava`) too. */
  readonly results: readonly ResultRecord[];
  readonly log: readonly { readonly level: LogLevel; readonly message: string }[];
  /** The value an action wrote into a slot, the last one that counts; undefined where none did. */
  slot<T>(of: Slot<T>, namespace?: string): T | undefined;
  readonly slots: WrittenSlots;
  /** Names of the actions that ended, in order, with their outcome: `["reset-device pass", ...]`. */
  readonly ended: readonly string[];
}

const keyOfMethod = { deploy: "to", boot: "method", test: "definitions", command: "name" } as const;

/** The pipeline of a job whose only block is planned as the given node. */
export function pipelineOf(node: PlanNode, options: RunPlanOptions = {}): Pipeline {
  const { section = "boot", params = {}, device = { hostname: "fake-01" }, job = {} } = options;
  const method = section === "test" ? "definitions" : section === "command" ? "command" : "fake";
  const strategy = defineStrategy({ section, method, schema: {}, plan: () => node });
  const definition = toJob({
    job_name: "fake",
    device_type: "fake",
    visibility: "public",
    timeouts: { job: { hours: 1 }, ...(job.timeouts as JsonObject | undefined) },
    ...Object.fromEntries(Object.entries(job).filter(([key]) => key !== "timeouts")),
    actions: [{ [section]: { [keyOfMethod[section]]: section === "test" ? [] : method, ...params } }],
  });
  return buildPipeline(definition, asDevice(device), [strategy]);
}

function makeResolve(services: RunPlanOptions["services"] = []): Resolve {
  const files = new FakeFiles();
  const fakes: readonly (readonly [AnyToken, unknown])[] = [
    [PowerToken, new FakePower()],
    [FileStoreToken, files],
    [ProcessRunnerToken, new FakeProcessRunner()],
    [DownloaderToken, new FakeDownloader(files)],
    [ConnectionsToken, new FakeConnections()],
    [DispatcherToken, fakeDispatcher()],
  ];
  const held = new Map([...fakes, ...services].map(([token, service]) => [token.key, service]));
  return <T>(token: { readonly key: symbol; readonly _type?: (value: T) => T }): T => {
    if (!held.has(token.key)) throw serviceMissing(token.key.description ?? "a service without a name");
    return held.get(token.key) as T;
  };
}

/**
 * Runs a plan through core's executor: a node as the only block of a fake job, or a whole pipeline. Finalize runs too, as in any job.
 * Services that are not given are fakes.
 */
export async function runPlan(plan: PlanNode | Pipeline, options: RunPlanOptions = {}): Promise<RanPlan> {
  const events: JournalEvent[] = [];
  const planned = "blocks" in plan ? plan : pipelineOf(plan, options);
  const { pipeline, slots } = recordOutputs(planned);
  const namespace = pipeline.blocks[0]?.namespace ?? "common";
  const outcome = await runJob({
    pipeline,
    jobId: options.jobId ?? "1",
    clock: options.clock ?? systemClock,
    journal: {
      append(event) {
        events.push(event);
        options.onEvent?.(event);
      },
    },
    resolve: makeResolve(options.services),
    signal: options.signal ?? new AbortController().signal,
    protocols: options.protocols ?? [],
    secrets: options.secrets ?? [],
    provided: (options.slots ?? []).map(([slot, value]) => [inNamespace(slot, slot.namespace ?? namespace), value]),
  });
  return {
    outcome,
    events,
    results: events.flatMap((event) => (event.type === "result" ? [event.result] : [])),
    log: events.flatMap((event) => (event.type === "log" ? [{ level: event.level, message: event.message }] : [])),
    slots,
    slot: <T>(of: Slot<T>, where = of.namespace ?? namespace) => slots.get(where)?.get(of.id) as T | undefined,
    ended: events.flatMap((event) => (event.type === "action-ended" ? [`${event.name} ${event.outcome}`] : [])),
  };
}
