import type { Block } from "../job/job.js";
import { asText, hasKey } from "../json.js";

/**
 * What a block asks for: `deploy.to`, `boot.method`, the kind of test (`definitions`, `docker`, `interactive`, `monitors`, `services`) or `command`.
 * Undefined where the block does not say (lava-dispatcher.md 1.6: kinds of test are told by their keys, in this order).
 */
export function methodOf(block: Block): string | undefined {
  const { params } = block;
  if (block.section === "deploy") return asText(params.to);
  if (block.section === "boot") return asText(params.method);
  if (block.section === "command") return "command";
  if (hasKey(params, "definitions")) return hasKey(params, "docker") ? "docker" : "definitions";
  return ["interactive", "monitors", "services"].find((kind) => hasKey(params, kind));
}
