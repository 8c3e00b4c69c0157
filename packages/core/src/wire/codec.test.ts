import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";
import { decodeFromServer, decodeFromWorker, encodeMessage, type ServerMessage, type WorkerMessage } from "./index.js";
import { serverMessages, wireLimits, workerMessages } from "./messages.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const header = (fields: object): Uint8Array => bytes(JSON.stringify({ v: 1, ch: "control", ...fields }));
const hex = "ab".repeat(32);
const start = { definition: "job_name: é", device: "d", dispatcher: "", env: "", envDut: "" };

const fromWorker: readonly WorkerMessage[] = [
  { type: "HELLO", name: "rack-1.lab", version: "0.1.0", protocol: 1, jobs: [3, 4] },
  { type: "PROOF", mac: hex },
  { type: "PING" },
  { type: "BYE" },
  { type: "START_OK", job: 3 },
  { type: "START_NO", job: 3, error: { type: "Infrastructure", code: "ERR_DISK_FULL", message: "no space" } },
  { type: "END", job: 3, result: "fail", errorCode: "ERR_X", lines: 12, body: "- pipeline: é\n" },
  { type: "LOG", job: 3, from: 10, count: 2, body: bytes("- é\n- b\n") },
];
const fromServer: readonly ServerMessage[] = [
  { type: "HELLO_OK", interval: 5, version: "0.1.0" },
  { type: "HELLO_NO", code: "ERR_WORKER_UNKNOWN", message: "no such worker" },
  { type: "CHALLENGE", nonce: hex },
  { type: "WHO" },
  { type: "PONG", interval: 20 },
  { type: "START", job: 3, compatibility: 2, version: "0.1.0", body: start },
  { type: "CANCEL", job: 3 },
  { type: "STATUS", job: 3 },
  { type: "END_OK", job: 3 },
  { type: "LOG_OK", job: 3, next: 12 },
  { type: "REVOKED", reason: "key removed" },
];

describe("wire messages", () => {
  it("come back as they were sent, every type of both sides", () => {
    for (const message of fromWorker) expect(decodeFromWorker(encodeMessage(message))).toEqual({ ok: true, message });
    for (const message of fromServer) expect(decodeFromServer(encodeMessage(message))).toEqual({ ok: true, message });
    expect(new Set(fromWorker.map(({ type }) => type))).toEqual(new Set(Object.keys(workerMessages)));
    expect(new Set(fromServer.map(({ type }) => type))).toEqual(new Set(Object.keys(serverMessages)));
  });

  it("may say more than this side knows", () => {
    expect(decodeFromWorker([header({ type: "START_OK", job: 1, later: true })])).toMatchObject({ ok: true });
  });

  it.each<readonly [string, readonly Uint8Array[], string]>([
    ["no frames", [], "it has no frames"],
    ["three frames", [header({ type: "PING" }), bytes(""), bytes("")], "3 frames"],
    ["no JSON", [bytes("\x00garbage")], "its header is not JSON"],
    ["no UTF-8", [new Uint8Array([0x22, 0xff, 0x22])], "its header is not JSON"],
    ["a list", [bytes("[]")], "its header is not an object"],
    ["another version", [header({ v: 2, type: "PING" })], "it is of version 2, this side speaks 1"],
    ["an unknown type", [header({ type: "constructor" })], 'its type "constructor" is unknown here'],
    ["the other side's type", [header({ type: "LOG_OK", job: 1, next: 0 })], 'its type "LOG_OK" is unknown here'],
    ["another channel", [header({ type: "PING", ch: "log" })], 'PING came on channel "log", expected "control"'],
    ["an unknown channel", [header({ type: "PING", ch: "x" })], 'PING came on the unknown channel "x"'],
    ["a missing field", [header({ type: "START_OK" })], 'START_OK: "job" is missing'],
    ["a field of another type", [header({ type: "START_OK", job: "7" })], '"job" is "7", expected a whole number'],
    [
      "an inherited field",
      [bytes('{"v":1,"ch":"control","type":"START_OK","__proto__":{"job":1}}')],
      '"job" is missing',
    ],
    [
      "a path as a name",
      [header({ type: "HELLO", name: "../x", version: "", protocol: 1, jobs: [] })],
      '"name" is "../x"',
    ],
    ["a bad item", [header({ type: "HELLO", name: "x", version: "", protocol: 1, jobs: [1, 0] })], '"jobs[1]" is 0'],
    [
      "a bad inner field",
      [header({ type: "START_NO", job: 1, error: { type: "", code: "x", message: "" } })],
      '"error.code" is "x"',
    ],
    ["a long header", [new Uint8Array(wireLimits.headerBytes + 1)], "its header has 65537 bytes"],
    ["a long message", [header({ type: "PING" }), new Uint8Array(10_000_000)], "at most 8388608 are allowed"],
    ["an unwanted body", [header({ type: "PING" }), bytes("x")], "PING: it carries 1 bytes of body"],
    [
      "a wrong count",
      [header({ type: "LOG", ch: "log", job: 1, from: 0, count: 2 }), bytes("a\n")],
      "it says 2 lines and carries 1",
    ],
    [
      "an open line",
      [header({ type: "LOG", ch: "log", job: 1, from: 0, count: 1 }), bytes("a\nb")],
      "its last line is not ended",
    ],
    [
      "too many lines",
      [header({ type: "LOG", ch: "log", job: 1, from: 0, count: 1001 }), bytes("a\n".repeat(1001))],
      '"count" is 1001',
    ],
    [
      "too many bytes of lines",
      [header({ type: "LOG", ch: "log", job: 1, from: 0, count: 2 }), bytes(`${"a".repeat(wireLimits.logBytes)}\n\n`)],
      "its 2 lines have 1048578 bytes",
    ],
    [
      "a body that is no text",
      [header({ type: "END", job: 1, result: "pass", lines: 0 }), new Uint8Array([0xff])],
      "END: its body is not UTF-8",
    ],
  ])("are refused in words: %s", (_what, frames, words) => {
    const decoded = decodeFromWorker(frames);
    expect(decoded.ok ? "accepted" : decoded.reason).toContain(words);
  });

  it("refuse a START without its texts", () => {
    const say = (body: string) => {
      const decoded = decodeFromServer([
        header({ type: "START", job: 1, compatibility: 1, version: "1" }),
        bytes(body),
      ]);
      return decoded.ok ? "accepted" : decoded.reason;
    };
    expect(say("{")).toBe("START: its body is not JSON");
    expect(say("3")).toBe("START: its body is not an object");
    expect(say('{"definition": "", "device": 3}')).toBe('START: its body lacks the text "device"');
  });

  it("take a single line that is longer than a LOG may be", () => {
    const body = new Uint8Array(wireLimits.logBytes + 2).fill(97);
    body[body.length - 1] = 10;
    expect(decodeFromWorker(encodeMessage({ type: "LOG", job: 1, from: 0, count: 1, body })).ok).toBe(true);
  });
});

describe("the check of headers", () => {
  const values = [
    undefined,
    null,
    0,
    1,
    -1,
    1.5,
    2 ** 60,
    "",
    "x",
    "ERR_X",
    "a b",
    hex,
    "pass",
    [],
    [1],
    [0],
    {},
    true,
    "y".repeat(20_000),
  ];

  it("agrees with ajv on every field of every message", () => {
    const ajv = new Ajv2020({ strict: false });
    let refused = 0;
    for (const [samples, table, decode] of [
      [fromWorker, workerMessages, decodeFromWorker],
      [fromServer, serverMessages, decodeFromServer],
    ] as const)
      for (const sample of samples) {
        const { schema, channel } = (table as Record<string, { schema: object; channel: string }>)[sample.type]!;
        const validate = ajv.compile(schema);
        const { body, ...fields } = { body: undefined, ...sample };
        const [, frame] = encodeMessage(sample);
        for (const key of Object.keys((schema as { properties: object }).properties))
          for (const value of values) {
            const changed = { ...fields, [key]: value };
            const decoded = decode([header({ ...changed, ch: channel }), ...(frame ? [frame] : [])]);
            // what the body has to say about the count is not the schema's matter
            if (!decoded.ok && decoded.reason.includes("carries")) continue;
            const wanted = validate(JSON.parse(JSON.stringify(changed)));
            expect([sample.type, key, value, decoded.ok]).toEqual([sample.type, key, value, wanted]);
            if (!wanted) refused++;
          }
      }
    expect(refused).toBeGreaterThan(200);
  });
});
