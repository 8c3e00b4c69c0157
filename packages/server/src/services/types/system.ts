import type { Asker } from "./asking.js";

export interface SystemService {
  /** `2026.11`-like where LAVA's clients look at it (spec 3.3), and our own. */
  version(): { readonly lava: string; readonly basalt: string };
  /** What is in the queue and what the lab does now: the first page. */
  overview(asker: Asker): Promise<{
    readonly queued: number;
    readonly running: number;
    readonly devices: Readonly<Record<string, number>>;
    readonly workers: Readonly<Record<string, number>>;
  }>;
}
