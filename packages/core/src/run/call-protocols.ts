import { jobError } from "../errors.js";
import { asList, asObject, asText } from "../json.js";
import { defineAction } from "../plan/action.js";
import type { PlannedNode } from "../plan/number-plan.js";
import type { ActionContext } from "./action-context.js";
import type { JobRun } from "./job-run.js";

/** Whether a block's `protocols` name this node. */
export const callsProtocols = (node: PlannedNode): boolean =>
  Object.values(asObject(node.parameters.protocols)).some((calls) =>
    asList(calls).some((call) => asText(asObject(call).action) === node.name),
  );

/** The work of a group that has none of its own, where a protocol must be asked before its children run. */
export const onlyProtocols = defineAction({ name: "protocols", summary: "ask protocols", run: async () => {} });

/** Makes the requests of the block's `protocols` that name this action, before it runs. */
export async function callProtocols(node: PlannedNode, run: JobRun, ctx: ActionContext): Promise<void> {
  for (const [name, calls] of Object.entries(asObject(node.parameters.protocols))) {
    for (const call of asList(calls).map(asObject)) {
      if (asText(call.action) !== node.name) continue;
      const session = run.job.protocols.get(name);
      if (!session)
        throw jobError(
          "ERR_PROTOCOL_UNKNOWN",
          `${node.name} asks protocol '${name}', which this job has not opened: name it under the job's protocols`,
        );
      const answer = await session.before(node.name, { ...call }, ctx);
      run.job.protocolData.set(`${name}/${asText(call.messageID) ?? ""}`, answer);
    }
  }
}
