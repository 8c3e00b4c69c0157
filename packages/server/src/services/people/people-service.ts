import type { Context } from "../context.js";
import type { PeopleService } from "../types.js";
import { makeArtifactTokens } from "./artifact-tokens.js";
import { makeGroups } from "./groups.js";
import { makeKnownPeople } from "./known-people.js";
import { makePermissions } from "./permissions.js";
import { makeSessions } from "./sessions.js";
import { makeTokens } from "./tokens.js";
import { makeUsers } from "./users.js";

export function makePeopleService(context: Context): PeopleService {
  const { store, clock, settings, rights } = context;
  const rememberMs = (settings.rememberSeconds ?? 5) * 1_000;
  const known = makeKnownPeople({ store, clock, rememberMs });
  return {
    ...makeSessions(context, known),
    ...makeUsers(context, known),
    ...makeGroups(context, known),
    ...makeTokens(context, known),
    ...makeArtifactTokens(context),
    ...makePermissions(context),
    forget() {
      known.forget();
      rights.forget();
    },
  };
}
