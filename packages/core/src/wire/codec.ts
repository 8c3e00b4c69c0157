import { isJsonObject, type JsonObject } from "../json.js";
import { linesProblem, readStartBody } from "./check-body.js";
import { makeObjectCheck } from "./check-header.js";
import type { ObjectSchema } from "./fields.js";
import {
  type ServerMessage,
  serverMessages,
  type WorkerMessage,
  wireChannels,
  wireLimits,
  wireVersion,
  workerMessages,
} from "./messages.js";

/** A message, or in words why the frames are none. */
export type Decoded<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly reason: string };

interface Definition {
  readonly channel: string;
  readonly body: string;
  readonly schema: ObjectSchema;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const noBytes = new Uint8Array(0);

const kindsOf = (table: Readonly<Record<string, Definition>>) =>
  new Map(
    Object.entries(table).map(([type, { channel, body, schema }]) => [
      type,
      { channel, body, check: makeObjectCheck(schema) },
    ]),
  );

const bad = (reason: string) => ({ ok: false, reason }) as const;

function readHeader(frames: readonly Uint8Array[]): JsonObject | string {
  const [header, body = noBytes] = frames;
  if (header === undefined) return "it has no frames";
  if (frames.length > 2) return `it has ${frames.length} frames, expected a header and at most one body`;
  if (header.length > wireLimits.headerBytes)
    return `its header has ${header.length} bytes, at most ${wireLimits.headerBytes} are allowed`;
  if (header.length + body.length > wireLimits.messageBytes)
    return `it has ${header.length + body.length} bytes, at most ${wireLimits.messageBytes} are allowed`;
  try {
    const value: unknown = JSON.parse(decoder.decode(header));
    return isJsonObject(value) ? value : "its header is not an object";
  } catch {
    return "its header is not JSON";
  }
}

/** The body as the kind of message wants it (undefined: none), or what is wrong with it. */
function readBody(kind: string, body: Uint8Array, header: JsonObject): { readonly value?: unknown } | string {
  if (kind === "none") return body.length === 0 ? {} : `it carries ${body.length} bytes of body and should have none`;
  if (kind === "lines") return linesProblem(body, header.count as number) ?? { value: body };
  let text: string;
  try {
    text = decoder.decode(body);
  } catch {
    return "its body is not UTF-8";
  }
  if (kind === "text") return { value: text };
  const start = readStartBody(text);
  return typeof start === "string" ? start : { value: start };
}

const shortType = (type: unknown): string => (JSON.stringify(type) ?? "nothing").slice(0, 40);

function decoderOf<Message>(table: Readonly<Record<string, Definition>>) {
  const kinds = kindsOf(table);
  return (frames: readonly Uint8Array[]): Decoded<Message> => {
    const header = readHeader(frames);
    if (typeof header === "string") return bad(header);
    const { v, ch, type, ...fields } = header;
    if (v !== wireVersion) return bad(`it is of version ${shortType(v)}, this side speaks ${wireVersion}`);
    const kind = typeof type === "string" ? kinds.get(type) : undefined;
    if (!kind) return bad(`its type ${shortType(type)} is unknown here`);
    if (ch !== kind.channel) {
      const known = (wireChannels as readonly unknown[]).includes(ch);
      return bad(`${type} came on ${known ? "" : "the unknown "}channel ${shortType(ch)}, expected "${kind.channel}"`);
    }
    const problem = kind.check(fields, "");
    if (problem !== undefined) return bad(`${type}: ${problem}`);
    const body = readBody(kind.body, frames[1] ?? noBytes, fields);
    if (typeof body === "string") return bad(`${type}: ${body}`);
    const rest = "value" in body ? { ...fields, body: body.value } : fields;
    return { ok: true, message: { ...rest, type } as Message };
  };
}

/** What the server reads from a worker: a header of JSON and perhaps a body. */
export const decodeFromWorker = decoderOf<WorkerMessage>(workerMessages);
/** What a worker reads from the server. */
export const decodeFromServer = decoderOf<ServerMessage>(serverMessages);

/** A message as the frames of one ZeroMQ message; a body of bytes is not copied. */
export function encodeMessage(message: WorkerMessage | ServerMessage): readonly Uint8Array[] {
  const { type } = message;
  const { channel } =
    type in workerMessages
      ? workerMessages[type as WorkerMessage["type"]]
      : serverMessages[type as ServerMessage["type"]];
  const { body, ...fields } = { body: undefined, ...message };
  const header = encoder.encode(JSON.stringify({ v: wireVersion, ch: channel, ...fields }));
  if (body === undefined) return [header];
  if (body instanceof Uint8Array) return [header, body];
  return [header, encoder.encode(typeof body === "string" ? body : JSON.stringify(body))];
}
