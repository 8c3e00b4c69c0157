import type { JsonObject } from "../json.js";
import type { ActionContext } from "../run/action-context.js";

/** A request of a block's `protocols`, made before the action it names runs. */
export interface ProtocolRequest extends JsonObject {
  readonly action?: string;
  readonly request?: string;
}

/** A protocol that a running job talks: jobs to each other (MultiNode), actions to a service. */
export interface ProtocolSession extends AsyncDisposable {
  /** Called before an action that a block's `protocols` names runs. What it returns is kept in the action's namespace. */
  before(actionName: string, request: ProtocolRequest, ctx: ActionContext): Promise<JsonObject>;
}

/** A kind of job-level talk (LAVA's `protocols:`). */
export interface Protocol {
  /** The key under the job's `protocols`. */
  readonly name: string;
  /** JSON Schema (2020-12) of the value of that key. */
  readonly schema: object;
  /** Opens the protocol for a job whose definition names it. */
  open(parameters: JsonObject, ctx: ActionContext): Promise<ProtocolSession>;
}

/** Makes a protocol. */
export const defineProtocol = (protocol: Protocol): Protocol => Object.freeze(protocol);
