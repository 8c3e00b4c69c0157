import { promptPatterns } from "@basalt/actions-common";
import {
  type ActionContext,
  asText,
  asTexts,
  type Console,
  compilePattern,
  jobError,
  type PlanRequest,
  slot,
} from "@basalt/core";

/** A serial terminal of the running model. */
export interface FvpTerminal {
  readonly name: string;
  readonly port: string;
}
/** The terminals of the running model: its console first, then those that are listened to. */
export const FvpTerminalsSlot = slot<readonly FvpTerminal[]>("fvp.terminals");

/** Whether the console is one of the model's terminals: where not, it is what the model prints itself. */
export const usesTelnet = ({ params }: Pick<PlanRequest, "params">): boolean =>
  params.use_telnet === undefined || Boolean(params.use_telnet);

/** What the model must print, and the groups that are taken from it. */
function wantedLines(
  request: PlanRequest,
): readonly { readonly pattern: string; readonly groups: readonly string[] }[] {
  const { params } = request;
  const first = asText(params.console_string) ?? "";
  if (!usesTelnet(request)) return [{ pattern: first, groups: [] }];
  const feedbacks = asTexts(params.feedbacks).map((pattern) => ({ pattern, groups: ["NAME", "PORT"] }));
  return [{ pattern: first, groups: ["PORT"] }, ...feedbacks];
}

/** @throws ERR_FVP_PATTERN, ERR_PATTERN_SYNTAX (job) */
export function checkLines(request: PlanRequest): void {
  for (const { pattern, groups } of wantedLines(request)) {
    if (pattern === "")
      throw jobError("ERR_FVP_PATTERN", "boot method fvp: console_string is empty: nothing to wait for");
    const known = compilePattern(pattern).groupNames;
    for (const group of groups)
      if (!known.has(group))
        throw jobError(
          "ERR_FVP_PATTERN",
          `boot method fvp: '${pattern}' has no group ${group}: name it, as in (?P<${group}>${group === "PORT" ? "\\d+" : "terminal_1"})`,
        );
  }
}

/** Waits for all lines, whatever their order: models open their terminals as they like. */
export async function terminalsOf(
  console: Console,
  request: PlanRequest,
  ctx: ActionContext,
): Promise<readonly FvpTerminal[]> {
  const wanted = wantedLines(request);
  const found = new Map<number, FvpTerminal>();
  while (found.size < wanted.length) {
    const open = wanted.map((line, index) => ({ ...line, index })).filter(({ index }) => !found.has(index));
    ctx.log.info(`waiting for ${open.map(({ pattern }) => `'${pattern}'`).join(", ")}`);
    const hit = await console.expect(promptPatterns(open.map(({ pattern }) => pattern)), { signal: ctx.signal });
    const { index = 0 } = open[hit.index] ?? {};
    found.set(index, { name: hit.named.NAME ?? "console", port: hit.named.PORT ?? "" });
  }
  return [...found].sort(([a], [b]) => a - b).map(([, terminal]) => terminal);
}
