import { badRequest } from "../../submit/refusals.js";
import { missing, mustBeKnown, mustBeName } from "../access.js";
import type { Context } from "../context.js";
import type { PeopleService } from "../types.js";

const longestToken = 200;

/** Tokens for other servers (spec 5.1, RemoteArtifactsAuth), each person's own. Who submits a job lends it theirs. */
export function makeArtifactTokens({
  store,
}: Pick<Context, "store">): Pick<PeopleService, "artifactTokens" | "setArtifactToken"> {
  return {
    async artifactTokens(asker) {
      const { id } = mustBeKnown(asker, "listing tokens for other servers");
      return store.knex("remote_artifact_tokens").where({ user_id: id }).orderBy("name").select("name");
    },
    async setArtifactToken(asker, name, token) {
      const { id } = mustBeKnown(asker, "setting a token for another server");
      if (token === null) {
        const removed = await store.knex("remote_artifact_tokens").where({ user_id: id, name }).delete();
        if (removed === 0) throw missing("token", name);
        return;
      }
      if (token.length === 0 || token.length > longestToken)
        throw badRequest("ERR_TOKEN", `token: 1 to ${longestToken} characters`, { details: { field: "token" } });
      await store
        .knex("remote_artifact_tokens")
        .insert({ user_id: id, name: mustBeName("token", name), token })
        .onConflict(["user_id", "name"])
        .merge(["token"]);
    },
  };
}
