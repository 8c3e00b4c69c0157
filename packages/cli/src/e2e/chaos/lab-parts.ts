import type { ChaosLine } from "./chaos-line.js";
import type { FakeDevice } from "./fake-devices.js";
import type { Daemon, LabFolder } from "./lab-processes.js";
import type { Moments } from "./moments.js";
import type { Random } from "./random.js";

/** Names of the lab's workers. */
export const workers = ["w1", "w2"] as const;

/** What a lab is made of. */
export interface LabParts {
  readonly folder: LabFolder;
  readonly random: Random;
  readonly server: Daemon;
  readonly daemons: readonly Daemon[];
  readonly lines: ReadonlyMap<string, ChaosLine>;
  readonly devices: readonly FakeDevice[];
  readonly moments: Moments;
  /** What was promised and is not so, as it is seen. */
  readonly broken: string[];
}
