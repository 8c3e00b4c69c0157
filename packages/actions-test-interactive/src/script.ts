import { asList, asObject, asText, asTexts, compilePattern, type JsonObject, type Pattern } from "@basalt/core";

/** What a failure message means, where the job says so. */
export type FailureKind = "infrastructure" | "job" | "test";

export interface FailureMessage {
  readonly pattern: Pattern;
  readonly message: string;
  readonly kind?: FailureKind;
  readonly error?: string;
}

/** A call of the MultiNode protocol in place of a command. */
export interface ProtocolCall {
  readonly request: "lava-send" | "lava-sync" | "lava-wait" | "lava-wait-all";
  /** The message's id and, for lava-send, its `key=value` words. */
  readonly words: readonly string[];
}

/** One step of a script, read. */
export interface Step {
  /** Undefined: nothing is typed, only waited for. */
  readonly command?: string;
  readonly call?: ProtocolCall;
  readonly delayMs: number;
  /** A named step is a test case. */
  readonly name?: string;
  readonly waitForPrompt: boolean;
  readonly successes: readonly Pattern[];
  readonly failures: readonly FailureMessage[];
}

/** A script of an interactive test block, read (lava-dispatcher.md 1.6). */
export interface Script {
  readonly name: string;
  readonly prompts: readonly Pattern[];
  readonly discardEcho: boolean;
  readonly expected: readonly string[];
  readonly steps: readonly Step[];
}

const kinds: Readonly<Record<string, FailureKind>> = {
  InfrastructureError: "infrastructure",
  JobError: "job",
  TestError: "test",
};
const requests = ["lava-send", "lava-sync", "lava-wait", "lava-wait-all"] as const;

function readFailure(entry: JsonObject): FailureMessage {
  const message = asText(entry.message) ?? "";
  const kind = kinds[asText(entry.exception) ?? ""];
  const error = asText(entry.error);
  return {
    pattern: compilePattern(message),
    message,
    ...(kind === undefined ? {} : { kind }),
    ...(error === undefined ? {} : { error }),
  };
}

function readStep(entry: JsonObject): Step {
  const request = requests.find((name) => entry[name] !== undefined);
  const command = asText(entry.command);
  const name = asText(entry.name);
  return {
    ...(command === undefined ? {} : { command }),
    ...(request === undefined
      ? {}
      : { call: { request, words: (asText(entry[request]) ?? "").split(/\s+/).filter(Boolean) } }),
    delayMs: typeof entry.delay === "number" ? entry.delay * 1000 : 0,
    ...(name === undefined ? {} : { name }),
    waitForPrompt: entry.wait_for_prompt !== false,
    successes: asList(entry.successes).map((success) => compilePattern(asText(asObject(success).message) ?? "")),
    failures: asList(entry.failures).map((failure) => readFailure(asObject(failure))),
  };
}

/** Reads an entry of `interactive`. */
export const readScript = (entry: JsonObject): Script => ({
  name: asText(entry.name) ?? "",
  prompts: asTexts(entry.prompts).map((prompt) => compilePattern(prompt)),
  discardEcho: entry.echo === "discard",
  expected: asTexts(entry.expected),
  steps: asList(entry.script).map((step) => readStep(asObject(step))),
});

/** Puts values into a command: `{SERVER_IP}`, names of matched groups. Unknown names stay as they are. */
export const substitute = (command: string, values: ReadonlyMap<string, string>): string =>
  command.replace(/\{(\w+)\}/g, (whole, name: string) => values.get(name) ?? whole);
