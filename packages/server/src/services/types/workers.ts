import type { DocumentKind, LogEntryRow, WorkerHealth } from "../../store/rows.js";
import type { Asker, ListQuery, Page } from "./asking.js";

export interface WorkerView {
  readonly name: string;
  readonly description: string;
  readonly state: string;
  readonly health: WorkerHealth;
  readonly job_limit: number;
  readonly version: string;
  readonly last_ping: Date | null;
  readonly devices: readonly string[];
  readonly jobs: readonly number[];
}

export interface WorkerService {
  list(asker: Asker, query: ListQuery): Promise<Page<WorkerView>>;
  get(asker: Asker, name: string): Promise<WorkerView>;
  /** Active, unless it says another health; `disabled`: Retired, as LAVA's `workers add --disabled`. */
  add(
    asker: Asker,
    name: string,
    options: {
      readonly description?: string;
      readonly disabled?: boolean;
      readonly health?: WorkerHealth;
      readonly job_limit?: number;
    },
  ): Promise<void>;
  update(
    asker: Asker,
    name: string,
    changes: { readonly description?: string; readonly job_limit?: number },
  ): Promise<void>;
  remove(asker: Asker, name: string): Promise<void>;
  setHealth(asker: Asker, name: string, health: WorkerHealth, reason?: string): Promise<void>;
  /** dispatcher.yaml, env.yaml, env-dut.yaml; '' is what holds for all workers. */
  config(
    asker: Asker,
    name: string,
    kind: Extract<DocumentKind, "dispatcher" | "env" | "env-dut">,
  ): Promise<string | undefined>;
  setConfig(
    asker: Asker,
    name: string,
    kind: Extract<DocumentKind, "dispatcher" | "env" | "env-dut">,
    text: string | null,
    reason?: string,
  ): Promise<void>;
  history(asker: Asker, name: string): Promise<readonly LogEntryRow[]>;
}
