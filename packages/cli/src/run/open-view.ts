import { type Clock, pipelineRoots } from "@basalt/core";
import type { PreparedJob } from "@basalt/plugin-loader";
import type { Io } from "../io.js";
import type { Paint } from "../view/paint.js";
import { PlainView } from "../view/plain-view.js";
import { terminalFacts } from "../view/terminal.js";
import type { View } from "../view/view.js";

export interface OpenViewOptions {
  readonly io: Io;
  readonly clock: Clock;
  readonly paint: Paint;
  readonly jobId: string;
  /** Lines, also on a terminal. */
  readonly plain: boolean;
}

/** A live view on a terminal that can show one, lines elsewhere. */
export async function openView({ pipeline }: PreparedJob, options: OpenViewOptions): Promise<View> {
  const { io, clock, paint, jobId, plain } = options;
  const stream = io.stdout;
  if (plain || !terminalFacts(stream, io.env).live) return new PlainView({ stream, paint });
  const { LiveView } = await import("../view/live-view.js");
  const { job, device } = pipeline;
  const title = `${job.name} on ${device.hostname || device.type || "a device without a name"} (job ${jobId})`;
  return new LiveView({ stream, paint, clock, title: paint.bold(paint.plain(title)), roots: pipelineRoots(pipeline) });
}
