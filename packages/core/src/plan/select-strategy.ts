import { closest } from "../closest.js";
import { jobError } from "../errors.js";
import { methodOf } from "./method-of.js";
import type { SelectionRequest, Strategy } from "./strategy.js";

const keyOf = { deploy: "to", boot: "method", test: "kind", command: "command" } as const;

function unknownMethod(
  { block }: SelectionRequest,
  method: string | undefined,
  strategies: readonly Strategy[],
): Error {
  const known = [
    ...new Set(strategies.filter(({ section }) => section === block.section).flatMap(({ methods }) => methods)),
  ].sort();
  const where = `actions[${block.index}].${block.section}`;
  if (method === undefined) {
    return jobError(
      "ERR_STRATEGY_UNKNOWN",
      `${where}: nothing says which ${block.section} this is: expected one of ${known.join(", ")}`,
    );
  }
  const near = closest(method, known);
  const hint = near === undefined ? "" : ` Did you mean '${near}'?`;
  return jobError(
    "ERR_STRATEGY_UNKNOWN",
    `${where}.${keyOf[block.section]}: no plugin here knows '${method}'.${hint} Known: ${known.join(", ") || "none"}`,
  );
}

/**
 * The strategy for a block: of those that serve its method and accept it, the one of highest priority, first declared first.
 * @throws ERR_STRATEGY_UNKNOWN where no plugin knows the method; ERR_STRATEGY_REFUSED with every strategy's reason.
 */
export function selectStrategy(request: SelectionRequest, strategies: readonly Strategy[]): Strategy {
  const { block, device } = request;
  const method = methodOf(block);
  const serving = strategies.filter(
    ({ section, methods }) => section === block.section && method !== undefined && methods.includes(method),
  );
  if (serving.length === 0) throw unknownMethod(request, method, strategies);
  const reasons: string[] = [];
  let best: Strategy | undefined;
  for (const strategy of serving) {
    const verdict = strategy.accepts(request);
    if (!verdict.ok) reasons.push(`${method}: ${verdict.reason}`);
    else if (best === undefined || strategy.priority > best.priority) best = strategy;
  }
  if (best) return best;
  throw jobError(
    "ERR_STRATEGY_REFUSED",
    `actions[${block.index}].${block.section}: device ${device.hostname || device.type || "(no name)"} can't do this: ${reasons.join("; ")}`,
    { details: { reasons } },
  );
}
