import type { DeviceTypeService } from "./types/device-types.js";
import type { DeviceService } from "./types/devices.js";
import type { JobService } from "./types/jobs.js";
import type { PeopleService } from "./types/people.js";
import type { ResultService } from "./types/results.js";
import type { SystemService } from "./types/system.js";
import type { TagService } from "./types/tags.js";
import type { TextService } from "./types/texts.js";
import type { WorkerService } from "./types/workers.js";

export type * from "./types/asking.js";
export type * from "./types/device-types.js";
export type * from "./types/devices.js";
export type * from "./types/jobs.js";
export type * from "./types/people.js";
export type * from "./types/results.js";
export type * from "./types/system.js";
export type * from "./types/tags.js";
export type * from "./types/texts.js";
export type * from "./types/workers.js";

/**
 * One service layer under every front: REST, pages, `basalt admin`, later XML-RPC. Every call names who asks; the rules of
 * people/rights.ts are applied here and nowhere else. What the asker may not see is "not found".
 * Errors are those of submit/refusals.ts: `details.status` is the HTTP status.
 */
export interface Services {
  readonly jobs: JobService;
  readonly results: ResultService;
  readonly devices: DeviceService;
  readonly deviceTypes: DeviceTypeService;
  readonly workers: WorkerService;
  readonly people: PeopleService;
  readonly tags: TagService;
  readonly texts: TextService;
  readonly system: SystemService;
}
