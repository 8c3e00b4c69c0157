import { randomUUID } from "node:crypto";
import { toBasaltError } from "@basalt/core";
import type { WebSocket } from "ws";
import { channels } from "../../jobs/channels.js";
import type { Asker } from "../../services/types.js";
import { withoutQuery } from "../../store/errors.js";
import { type Event, lookUp } from "./event-data.js";
import type { LiveOptions } from "./live-options.js";

/** LAVA's events: each client gets those of what it may see. */
export interface EventStream extends AsyncDisposable {
  add(socket: WebSocket, asker: () => Asker): void;
}

const topicRoot = "org.lavasoftware";
/** A client that takes nothing is let go: events can't be sent later. */
const mostBuffered = 1024 * 1024;
/** Beyond it the oldest events are dropped; whoever needs each state looks at the jobs. */
const mostWaiting = 10_000;
/** What is looked up with one query for each asker. */
const eventsAtOnce = 500;

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
      const batch = waiting.splice(0, eventsAtOnce);
      const askers = new Map([...clients].map(([, asker]) => [asker()?.id, asker()]));
      for (const asker of askers.values()) {
        try {
          await tell(asker, batch);
        } catch (error) {
          log.warning(`events could not be told: ${withoutQuery(toBasaltError(error).message)}`);
        }
      }
    }
  }

  async function tell(asker: Asker, batch: readonly Event[]): Promise<void> {
    const dataOf = await lookUp(services, asker, batch);
    for (const event of batch) {
      const said = dataOf(event);
      if (!said) continue;
      const time = new Date(clock.now()).toISOString().replace("Z", "000+00:00");
      const topic = `${topicRoot}.${event.topic}`;
      const text = JSON.stringify([topic, randomUUID(), time, said.user, JSON.stringify(said.data)]);
      for (const [socket, whose] of clients) if (whose()?.id === asker?.id) send(socket, text);
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
