import { randomUUID } from "node:crypto";
import { isBasaltError, toBasaltError } from "@basalt/core";
import type { WebSocket } from "ws";
import { channels, type DeviceNotice, type JobNotice, type WorkerNotice } from "../../jobs/channels.js";
import type { Asker, JobView } from "../../services/types.js";
import type { LiveOptions } from "./live-options.js";

/** LAVA's events: each client gets those of what it may see. */
export interface EventStream extends AsyncDisposable {
  add(socket: WebSocket, asker: () => Asker): void;
}

type Event =
  | { readonly topic: "testjob"; readonly notice: JobNotice }
  | { readonly topic: "device"; readonly notice: DeviceNotice }
  | { readonly topic: "worker"; readonly notice: WorkerNotice };

const topicRoot = "org.lavasoftware";
/** A client that takes nothing is let go: events can't be sent later. */
const mostBuffered = 1024 * 1024;
/** Beyond it the oldest events are dropped; whoever needs each state looks at the jobs. */
const mostWaiting = 10_000;
const idsAtOnce = 500;

/** Data of a job's event (spec 7.3, 11.3): keys that have no value are left out. */
function jobData(job: JobView, notice: JobNotice): object {
  const optional = {
    sub_id: job.sub_id,
    device: notice.device,
    worker: notice.worker,
    device_type: job.requested_device_type,
    start_time: job.start_time,
    end_time: job.end_time,
  };
  return {
    health: notice.health,
    state: notice.state,
    job: job.id,
    description: job.description,
    priority: job.priority,
    submit_time: job.submit_time,
    submitter: job.submitter,
    health_check: job.health_check,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== null)),
  };
}

export async function makeEventStream({ services, store, clock, log }: LiveOptions): Promise<EventStream> {
  const clients = new Map<WebSocket, () => Asker>();
  let waiting: Event[] = [];
  let running: Promise<void> | undefined;

  function take(event: Event): void {
    if (clients.size === 0) return;
    waiting.push(event);
    if (waiting.length > mostWaiting) waiting = waiting.slice(-mostWaiting);
    start();
  }

  function start(): void {
    running ??= drain().finally(() => {
      running = undefined;
      if (waiting.length > 0) start();
    });
  }

  async function drain(): Promise<void> {
    // what one transaction tells comes together
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.splice(0, idsAtOnce);
      const askers = new Map([...clients].map(([, asker]) => [asker()?.id, asker()]));
      for (const asker of askers.values()) {
        try {
          await tell(asker, batch);
        } catch (error) {
          log.warning(`events could not be told: ${toBasaltError(error).message.split(" - ").at(-1)}`);
        }
      }
    }
  }

  async function tell(asker: Asker, batch: readonly Event[]): Promise<void> {
    const jobs = await jobsOf(asker, batch);
    for (const event of batch) {
      const known = event.topic === "testjob" ? jobs.get(event.notice.id) : undefined;
      const said = event.topic === "testjob" ? known && jobData(known, event.notice) : await dataOf(asker, event);
      if (!said) continue;
      const user = known?.submitter ?? "lavaserver";
      const time = new Date(clock.now()).toISOString().replace("Z", "000+00:00");
      const text = JSON.stringify([`${topicRoot}.${event.topic}`, randomUUID(), time, user, JSON.stringify(said)]);
      for (const [socket, whose] of clients) if (whose()?.id === asker?.id) send(socket, text);
    }
  }

  async function jobsOf(asker: Asker, batch: readonly Event[]): Promise<ReadonlyMap<number, JobView>> {
    const ids = [...new Set(batch.flatMap((event) => (event.topic === "testjob" ? [event.notice.id] : [])))];
    if (ids.length === 0) return new Map();
    const filters = [{ field: ["id"], lookup: "in", value: ids.join(",") }];
    const { items } = await services.jobs.list(asker, { filters, limit: idsAtOnce });
    return new Map(items.map((job) => [job.id, job]));
  }

  async function dataOf(asker: Asker, event: Exclude<Event, { topic: "testjob" }>): Promise<object | undefined> {
    const { name, state, health } = event.notice;
    try {
      if (event.topic === "worker") {
        await services.workers.get(asker, name);
        return { hostname: name, health, state };
      }
      const { device_type, worker, current_job } = await services.devices.get(asker, name);
      return {
        health,
        state,
        device: name,
        device_type,
        worker,
        ...(current_job === null ? {} : { job: current_job }),
      };
    } catch (error) {
      if (isBasaltError(error) && error.kind === "job") return undefined;
      throw error;
    }
  }

  function send(socket: WebSocket, text: string): void {
    if (socket.bufferedAmount > mostBuffered) {
      clients.delete(socket);
      socket.terminate();
    } else if (socket.readyState === socket.OPEN) socket.send(text);
  }

  const hear = <Topic extends Event["topic"]>(channel: string, topic: Topic) =>
    store.listen(channel, (payload) => take({ topic, notice: JSON.parse(payload) } as Event));
  const subscriptions = [
    await hear(channels.jobs, "testjob"),
    await hear(channels.devices, "device"),
    await hear(channels.workers, "worker"),
  ];
  return {
    add(socket, asker) {
      clients.set(socket, asker);
      socket.once("close", () => clients.delete(socket));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(subscriptions.map((subscription) => subscription.close()));
      waiting = [];
      clients.clear();
      await running;
    },
  };
}
