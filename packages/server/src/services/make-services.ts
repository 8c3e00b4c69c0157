import type { Context, ServiceOptions } from "./context.js";
import { makeDeviceService } from "./devices/device-service.js";
import { makeDeviceTypeService } from "./devices/device-type-service.js";
import { makeJobService } from "./jobs/job-service.js";
import { makePeopleService } from "./people/people-service.js";
import { makeResultService } from "./results/result-service.js";
import { makeRightsCache } from "./rights-cache.js";
import { makeSystemService } from "./system-service.js";
import { makeTagService } from "./tag-service.js";
import { makeTextService } from "./text-service.js";
import type { Services } from "./types.js";
import { makeWorkerService } from "./worker-service.js";

/** The service layer of a server, or of `basalt admin` beside one. */
export function makeServices({ options = {}, ...parts }: ServiceOptions): Services {
  const context: Context = { ...parts, settings: options, rights: makeRightsCache(parts.store, parts.clock) };
  const owners = {
    devices: makeDeviceService(context),
    deviceTypes: makeDeviceTypeService(context),
    workers: makeWorkerService(context),
  };
  return {
    jobs: makeJobService(context),
    results: makeResultService(context),
    ...owners,
    people: makePeopleService(context),
    tags: makeTagService(context),
    texts: makeTextService(context, owners),
    system: makeSystemService(context),
  };
}
