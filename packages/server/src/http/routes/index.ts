import type { Route } from "../route.js";
import { artifactTokenRoutes } from "./artifact-tokens.js";
import { deviceTypeRoutes } from "./device-types.js";
import { deviceRoutes } from "./devices.js";
import { jobRoutes } from "./jobs.js";
import { peopleRoutes } from "./people.js";
import { resultRoutes } from "./results.js";
import { systemRoutes } from "./system.js";
import { workerRoutes } from "./workers.js";

/** All of REST v0.2. Of two that match, the first one answers. */
export const routes: readonly Route[] = [
  ...jobRoutes,
  ...resultRoutes,
  ...deviceRoutes,
  ...deviceTypeRoutes,
  ...workerRoutes,
  ...peopleRoutes,
  ...artifactTokenRoutes,
  ...systemRoutes,
];
