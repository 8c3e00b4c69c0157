import { asObject, asText, asTexts, type Json, type JsonObject } from "@basalt/core";

/** The commands typed on the board, and what is waited for. */
export interface DdCommand {
  readonly line: string;
  /** What the download says when it begins; absent where the job names nothing. */
  readonly downloadPrompt?: string;
  /** One of these must come when all is written; empty where dd counts. */
  readonly donePrompts: readonly string[];
}

const wget = {
  tool: "/usr/bin/wget",
  options: "--no-check-certificate --no-proxy --connect-timeout=30 -S --progress=dot:giga -O - {DOWNLOAD_URL}",
} as const;
const dd = { tool: "/bin/dd", options: "of={DEVICE} bs=4M" } as const;

const put = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

function toolLine(value: Json | undefined, fallback: { readonly tool: string; readonly options: string }): string {
  const own: JsonObject = asObject(value);
  const tool = asText(own.tool) ?? fallback.tool;
  const options = asText(own.options) ?? (own.tool === undefined ? fallback.options : "");
  return `${tool} ${options}`.trim();
}

/**
 * `download | writer`. A writer of the job's that takes the address itself needs no download (lava-dispatcher.md 1.4, bmaptool).
 * `values` are put into the options: `DOWNLOAD_URL`, `DEVICE`.
 */
export function ddCommand(params: JsonObject, values: Readonly<Record<string, string>>): DdCommand {
  const writer = toolLine(params.writer, dd);
  const fetchesItself = params.download === undefined && writer.includes("{DOWNLOAD_URL}");
  const line = fetchesItself ? writer : `${toolLine(params.download, wget)} | ${writer}`;
  const downloadPrompt = asText(asObject(params.download).prompt);
  const own = asTexts(asObject(params.tool).prompts);
  const ofWriter = asTexts(asObject(params.writer).prompt);
  return {
    line: put(line, values),
    ...(downloadPrompt === undefined || fetchesItself ? {} : { downloadPrompt }),
    donePrompts: own.length > 0 ? own : ofWriter,
  };
}
