import {
  type AnyToken,
  ConnectionsToken,
  type JsonObject,
  PowerToken,
  type Section,
  type Strategy,
} from "@basalt/core";
import { FakeConnections } from "../fakes/fake-connections.js";
import { idleClock } from "../fakes/idle-clock.js";
import { planOf } from "../plan/plan-of.js";
import { type RanPlan, type RunPlanOptions, runPlan } from "../plan/run-plan.js";
import type { ScriptedBoard } from "./scripted-board.js";

export interface BootScripted extends Pick<RunPlanOptions, "slots" | "signal" | "protocols" | "onEvent"> {
  readonly strategies: readonly Strategy[];
  readonly device: JsonObject;
  /** Parameters of the block, `method` or `to` included. */
  readonly block: JsonObject;
  readonly section?: Section;
  /** Keys over those of a job of ten minutes. */
  readonly job?: JsonObject;
  readonly services?: readonly (readonly [AnyToken, unknown])[];
}

/** What came of it, and the consoles that were opened and closed. */
export interface BootedScripted extends RanPlan {
  readonly connections: FakeConnections;
}

/** Runs one block against a scripted board, by an {@link idleClock}: no time limit is waited for. */
export async function bootScripted(board: ScriptedBoard, options: BootScripted): Promise<BootedScripted> {
  const { strategies, device, block, section = "boot", job = {}, services = [], ...more } = options;
  const connections = new FakeConnections(() => board.connect());
  const definition = { job_name: "x", timeouts: { job: { minutes: 10 } }, ...job, actions: [{ [section]: block }] };
  const ran = await runPlan(planOf({ job: definition, device, strategies }), {
    clock: idleClock(),
    services: [[PowerToken, board.power], [ConnectionsToken, connections], ...services],
    ...more,
  });
  return { ...ran, connections };
}
