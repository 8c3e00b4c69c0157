import type { Person } from "./rights.js";

/** Who `basalt admin` is: whoever may run commands as the server's user may do everything. It stands in the log under its own name and can't own jobs. */
export const systemAdmin: Person = Object.freeze({
  id: 0,
  username: "system admin",
  isSuperuser: true,
  isStaff: true,
  groups: new Set<number>(),
  permissions: new Set<string>(),
});
