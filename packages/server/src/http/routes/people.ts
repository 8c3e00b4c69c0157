import type { Route } from "../route.js";
import { groupRoutes } from "./groups.js";
import { permissionRoutes } from "./permissions.js";
import { makeTokenRoute } from "./token.js";
import { userRoutes } from "./users.js";

/** Who there is, and who may do what. */
export const peopleRoutes: readonly Route[] = [
  makeTokenRoute,
  ...userRoutes,
  ...groupRoutes,
  ...permissionRoutes("device"),
  ...permissionRoutes("devicetype"),
];
