import { nameProblem } from "../names.js";
import type { Person } from "../people/rights.js";
import { badRequest, conflict, forbidden, notFound, refusal } from "../submit/refusals.js";
import type { Asker } from "./types.js";

const unauthorized = refusal(401);

/** @throws ERR_LOGIN_NEEDED (401) */
export function mustBeKnown(asker: Asker, doing: string): Person {
  if (asker) return asker;
  throw unauthorized("ERR_LOGIN_NEEDED", `${doing}: log in, or send a token`);
}

/** @throws ERR_LOGIN_NEEDED (401), ERR_FORBIDDEN (403) */
export function mustBe(asker: Asker, allowed: boolean, doing: string): Person {
  const person = mustBeKnown(asker, doing);
  if (allowed) return person;
  throw forbidden("ERR_FORBIDDEN", `${doing}: '${person.username}' may not do that`);
}

export const mustBeSuperuser = (asker: Asker, doing: string): Person =>
  mustBe(asker, asker?.isSuperuser ?? false, doing);

/** A global permission such as `add_worker`, which superusers have all of. */
export const has = (asker: Asker, permission: string): boolean =>
  asker !== undefined && (asker.isSuperuser || asker.permissions.has(permission));

/** @throws ERR_NOT_FOUND (404) */
export function missing(what: string, name: string | number): Error {
  return notFound("ERR_NOT_FOUND", `there is no ${what} '${name}' here`);
}

/** @throws ERR_EXISTS (409) */
export function exists(what: string, name: string): Error {
  return conflict("ERR_EXISTS", `there is a ${what} '${name}' here already`);
}

/** What something new may be called ({@link nameProblem}). @throws ERR_NAME (400) */
export function mustBeName(what: string, name: string): string {
  const problem = nameProblem(what, name);
  if (problem === undefined) return name;
  throw badRequest("ERR_NAME", problem, { details: { field: "name" } });
}

/** Changes that were really asked for: what is undefined stays. */
export const given = <T extends object>(changes: T): Partial<T> =>
  Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as Partial<T>;
