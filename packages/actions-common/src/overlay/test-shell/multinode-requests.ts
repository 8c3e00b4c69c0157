import {
  type ActionContext,
  asObject,
  asText,
  isBasaltError,
  isJsonObject,
  type JsonObject,
  type ProtocolSession,
} from "@basalt/core";

/** What a MultiNode command of the device's shell prints (lava-dispatcher.md 3.15). */
export const multinodePattern = "<LAVA_MULTI_NODE> <LAVA_(\\S+) ([^>]+)>";

/** A request of the device: `SEND ready ip=10.0.0.2`. */
export interface MultinodeRequest {
  /** `SEND`, `WAIT`, `WAIT_ALL` or `SYNC`. */
  readonly verb: string;
  readonly words: readonly string[];
}

/** The request for the protocol: names and keys as LAVA's coordinator has them. */
function toProtocol({ verb, words }: MultinodeRequest): JsonObject {
  const [messageID = "", ...rest] = words;
  const request = `lava-${verb.toLowerCase().replaceAll("_", "-")}`;
  if (verb === "WAIT_ALL") return { request, messageID, ...(rest[0] === undefined ? {} : { waitrole: rest[0] }) };
  const pairs = rest.map((pair): [string, string] => {
    const at = pair.indexOf("=");
    return at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { request, messageID, ...(verb === "SEND" ? { message: Object.fromEntries(pairs) } : {}) };
}

/** An answer as the device reads it: `client:key=value` for each value of each job, `key=value` where no job is named. */
function payload(answer: JsonObject): string {
  const words = Object.entries(answer).flatMap(([key, value]) =>
    isJsonObject(value)
      ? Object.entries(asObject(value)).map(([name, text]) => `${key}:${name}=${asText(text) ?? ""}`)
      : [`${key}=${asText(value) ?? ""}`],
  );
  return words.map((word) => word.replaceAll(/[\s<>]/g, "_")).join(" ");
}

/**
 * Asks the protocol what the device asks, records it as a result, and gives the line to type. A refusal is `nack`; that the other jobs
 * did not come in time ends the test.
 */
export async function askMultinode(
  session: ProtocolSession,
  asked: MultinodeRequest,
  ctx: ActionContext,
): Promise<string | undefined> {
  const { verb, words } = asked;
  const report = (result: "pass" | "fail"): void =>
    ctx.report({
      definition: "lava",
      case: `multinode-${verb}-${words[0] ?? ""}`.toLowerCase(),
      result,
      namespace: ctx.namespace,
    });
  const complete = `LAVA_${verb}_COMPLETE`;
  try {
    const answer = await session.before(ctx.name, toProtocol(asked), ctx);
    report("pass");
    const text = verb === "SYNC" ? "" : payload(answer);
    return verb === "SEND" ? undefined : `<${complete}${text === "" ? "" : ` ${text}`}>`;
  } catch (error) {
    report("fail");
    if (ctx.signal.aborted || !isBasaltError(error) || error.kind === "multinode" || error.kind === "bug") throw error;
    ctx.log.error(`${verb} ${words.join(" ")}: ${error.message}`);
    return verb === "SEND" ? undefined : `<${complete} nack>`;
  }
}
