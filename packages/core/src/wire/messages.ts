import {
  codeField,
  type FromSchema,
  hex32Field,
  intervalField,
  jobField,
  lineField,
  nameField,
  versionField,
  wordsField,
} from "./fields.js";

/** What a message may carry behind its header. */
type BodyKind = "none" | "text" | "lines" | "start";

/** Version of the envelope (`v` of each header). */
export const wireVersion = 1;
/**
 * Version of the conversation (`protocol` of HELLO). Peers that differ in it do not talk, so it changes only where one could not do without
 * what the other does not know. A new message that may be lost without harm, as BYE, does not change it: who does not know it drops it.
 */
export const linkProtocol = 1;

/** Channels of the envelope. `request` and `stream` are kept free for a browser terminal and MultiNode. */
export const wireChannels = ["control", "log", "request", "stream"] as const;
export type WireChannel = (typeof wireChannels)[number];

export const wireLimits = {
  /** Bytes of a header. */
  headerBytes: 64 * 1024,
  /** Bytes of a whole message: header and body. */
  messageBytes: 8 * 1024 * 1024,
  /** Lines of one LOG. */
  logLines: 1_000,
  /** Bytes of one LOG's body, unless it is a single line. */
  logBytes: 1024 * 1024,
} as const;

const define = <
  const Channel extends WireChannel,
  const Properties extends Readonly<Record<string, unknown>>,
  const Required extends keyof Properties & string,
  const Body extends BodyKind,
>(
  channel: Channel,
  properties: Properties,
  required: readonly Required[],
  body: Body,
) => ({ channel, body, schema: { type: "object", properties, required } as const });

const nothing = define("control", {}, [], "none");
const justJob = define("control", { job: jobField }, ["job"], "none");

const errorField = {
  type: "object",
  properties: { type: wordsField, code: codeField, message: wordsField },
  required: ["type", "code", "message"],
} as const;

/** What a worker says. */
export const workerMessages = {
  HELLO: define(
    "control",
    {
      name: nameField,
      version: versionField,
      protocol: { type: "integer", minimum: 0, maximum: 1_000_000 },
      jobs: { type: "array", items: jobField, maxItems: 4_000 },
    },
    ["name", "version", "protocol", "jobs"],
    "none",
  ),
  PROOF: define("control", { mac: hex32Field }, ["mac"], "none"),
  PING: nothing,
  /** The daemon ends; its jobs go on. The last message of a session, and nobody answers it. */
  BYE: nothing,
  START_OK: justJob,
  START_NO: define("control", { job: jobField, error: errorField }, ["job", "error"], "none"),
  END: define(
    "control",
    {
      job: jobField,
      result: { type: "string", enum: ["pass", "fail"] },
      errorType: wordsField,
      errorCode: codeField,
      errorMessage: wordsField,
      lines: lineField,
    },
    ["job", "result", "lines"],
    "text",
  ),
  LOG: define(
    "log",
    { job: jobField, from: lineField, count: { type: "integer", minimum: 0, maximum: wireLimits.logLines } },
    ["job", "from", "count"],
    "lines",
  ),
} as const;

/** What a server says. */
export const serverMessages = {
  HELLO_OK: define("control", { interval: intervalField, version: versionField }, ["interval", "version"], "none"),
  HELLO_NO: define("control", { code: codeField, message: wordsField }, ["code", "message"], "none"),
  CHALLENGE: define("control", { nonce: hex32Field }, ["nonce"], "none"),
  WHO: nothing,
  PONG: define("control", { interval: intervalField }, ["interval"], "none"),
  START: define(
    "control",
    { job: jobField, compatibility: { type: "integer", minimum: 0, maximum: 1_000_000 }, version: versionField },
    ["job", "compatibility", "version"],
    "start",
  ),
  CANCEL: justJob,
  STATUS: justJob,
  END_OK: justJob,
  LOG_OK: define("log", { job: jobField, next: lineField }, ["job", "next"], "none"),
  REVOKED: define("control", { reason: wordsField }, ["reason"], "none"),
} as const;

/** The texts a worker needs to run a job: all YAML, empty where there is nothing to say. */
export interface StartBody {
  readonly definition: string;
  readonly device: string;
  readonly dispatcher: string;
  readonly env: string;
  readonly envDut: string;
}

interface Bodies {
  readonly none: unknown;
  /** UTF-8 text (YAML of the job's description). */
  readonly text: { readonly body: string };
  /** `count` lines, each ended by a line feed. */
  readonly lines: { readonly body: Uint8Array };
  readonly start: { readonly body: StartBody };
}

type MessageOf<Table, Type extends keyof Table> = Table[Type] extends {
  readonly schema: infer Schema;
  readonly body: infer Body extends BodyKind;
}
  ? { readonly type: Type } & FromSchema<Schema> & Bodies[Body]
  : never;
type AnyOf<Table> = { readonly [Type in keyof Table]: MessageOf<Table, Type> }[keyof Table];

/** Any message of a worker; `type` tells which. */
export type WorkerMessage = AnyOf<typeof workerMessages>;
/** Any message of a server; `type` tells which. */
export type ServerMessage = AnyOf<typeof serverMessages>;
export type WorkerMessageOf<Type extends WorkerMessage["type"]> = Extract<WorkerMessage, { readonly type: Type }>;
export type ServerMessageOf<Type extends ServerMessage["type"]> = Extract<ServerMessage, { readonly type: Type }>;
