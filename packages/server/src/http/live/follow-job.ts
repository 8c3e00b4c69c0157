import { type Clock, isBasaltError } from "@basalt/core";
import type { WebSocket } from "ws";
import type { Asker, Services } from "../../services/types.js";
import type { JobBell } from "./job-bell.js";

export interface FollowOptions {
  readonly services: Services;
  /** As they are known now. */
  readonly asker: () => Asker;
  readonly bell: JobBell;
  readonly clock: Pick<Clock, "sleep">;
  readonly signal: AbortSignal;
}

/** Lines and bytes of one message: what is in memory for a viewer, and what a slow one takes in between two pings. */
const linesAtOnce = 1_000;
const bytesAtOnce = 256 * 1024;
/** A log that grows all the time is looked at this often. */
const pauseMs = 50;

/**
 * Sends a job's log from a line on, and its state whenever that changes; closes when the job has ended and all is sent. Nothing is kept for
 * the client: the next lines are read from the store when it has taken the last ones, however far behind it is.
 */
export async function followJob(
  { services, asker, bell, clock, signal }: FollowOptions,
  { socket, id, start }: { readonly socket: WebSocket; readonly id: number; readonly start: number },
): Promise<void> {
  const closed = new AbortController();
  const over = AbortSignal.any([signal, closed.signal]);
  socket.once("close", () => closed.abort(new Error("the viewer is gone")));
  let rung = false;
  let wake = (): void => {};
  const stopHearing = bell.on(id, () => {
    rung = true;
    wake();
  });
  over.addEventListener("abort", () => wake(), { once: true });
  const send = (message: object): Promise<void> =>
    new Promise((resolve, reject) => {
      // called back when the socket has taken it: that is the back-pressure
      socket.send(JSON.stringify(message), (error) => (error ? reject(error) : resolve()));
    });
  let next = start;
  let told = "";

  async function sendState(): Promise<boolean> {
    const { state, health, actual_device, worker, waits_for } = await services.jobs.get(asker(), id);
    const message = { type: "state", state, health, device: actual_device, worker, waits_for };
    const text = JSON.stringify(message);
    if (text !== told) await send(message);
    told = text;
    return state === "Finished";
  }

  async function sendLines(): Promise<void> {
    while (!over.aborted) {
      const range = { start: next, end: next + linesAtOnce, bytes: bytesAtOnce };
      const part = await services.jobs.log(asker(), id, range);
      if (part.next <= next) return;
      await send({ type: "log", from: next, count: part.next - next, text: part.text.toString("utf8") });
      next = part.next;
    }
  }

  try {
    while (!over.aborted) {
      rung = false;
      // the state first: what a finished job has said is all there then
      const finished = await sendState();
      await sendLines();
      if (finished) {
        await send({ type: "end", lines: next });
        socket.close(1000);
        return;
      }
      await clock.sleep(pauseMs, { signal: over });
      if (!rung)
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (rung || over.aborted) resolve();
        });
    }
  } catch (error) {
    if (over.aborted) return;
    const gone = isBasaltError(error);
    socket.close(gone ? 1008 : 1011, gone ? "the job may not be seen any more" : "the server failed: try again");
  } finally {
    stopHearing();
  }
}
