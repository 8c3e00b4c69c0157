import { workerHealths, workerStates } from "../store/rows.js";
import type { Listing } from "./page.js";

/** Workers as WorkerView has them; what of their devices may be seen is sorted out afterwards. */
export const workerListing: Listing = {
  from: "workers",
  select: `workers.name, workers.description, workers.state, workers.health, workers.job_limit, workers.version, workers.last_ping,
    array(select d.name from devices d where d.worker = workers.name order by d.name) as devices,
    array(select j.id from jobs j where j.worker = workers.name and j.state <> 'Finished' order by j.id) as jobs`,
  fields: {
    name: { type: "text", column: "workers.name" },
    hostname: { type: "text", column: "workers.name" },
    description: { type: "text", column: "workers.description" },
    version: { type: "text", column: "workers.version" },
    last_ping: { type: "time", column: "workers.last_ping" },
    state: { type: "word", column: "workers.state", words: workerStates },
    health: { type: "word", column: "workers.health", words: workerHealths },
    job_limit: { type: "number", column: "workers.job_limit" },
  },
  orderings: {
    name: "workers.name",
    hostname: "workers.name",
    state: "workers.state",
    health: "workers.health",
    last_ping: "workers.last_ping",
  },
  ordering: "name",
  tieBreak: "workers.name",
};
