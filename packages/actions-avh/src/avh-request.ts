import { infrastructureError, isJsonObject, type JsonObject } from "@basalt/core";

/** Where requests go, and as whom. */
export interface AvhSession {
  readonly endpoint: string;
  /** What no message may show: the API token, and the token of this session. */
  readonly secrets: readonly string[];
  /** Absent before the login. */
  readonly bearer?: string;
}

export interface AvhCall {
  readonly method: "GET" | "POST" | "DELETE";
  /** Below the endpoint: `/v1/instances`. */
  readonly path: string;
  /** What it is for, to complete "can't ...". */
  readonly what: string;
  readonly json?: JsonObject;
  readonly form?: FormData;
  readonly signal: AbortSignal;
}

/** An answer: its status, and its JSON where it has any. */
export interface AvhAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly json: unknown;
  /** What the API says went wrong, without secrets. */
  readonly said: string;
}

const longest = 300;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** An API error is `{error, errorID, originalError}`; a proxy's is any text. */
function wordsOf(text: string, json: unknown, secrets: readonly string[]): string {
  const error = isJsonObject(json) && typeof json.error === "string" ? json.error : text;
  const plain = secrets
    .filter((secret) => secret !== "")
    .reduce((said, secret) => said.replaceAll(secret, "[MASKED]"), error);
  return plain.trim().slice(0, longest) || "it said nothing";
}

/** Sends a request. The token is in a header or the body, never in an address. @throws ERR_AVH_UNREACHABLE (infrastructure) */
export async function sendCall(session: AvhSession, call: AvhCall): Promise<AvhAnswer> {
  const { endpoint, bearer, secrets } = session;
  const { method, path, what, json, form, signal } = call;
  const headers = {
    accept: "application/json",
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(json === undefined ? {} : { "content-type": "application/json" }),
  };
  const body = json === undefined ? form : JSON.stringify(json);
  try {
    const response = await fetch(`${endpoint}${path}`, {
      method,
      headers,
      signal,
      ...(body === undefined ? {} : { body }),
    });
    const text = await response.text();
    const answer = parsed(text);
    return { ok: response.ok, status: response.status, json: answer, said: wordsOf(text, answer, secrets) };
  } catch (cause) {
    signal.throwIfAborted();
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw infrastructureError("ERR_AVH_UNREACHABLE", `can't ${what}: ${endpoint} does not answer (${why})`);
  }
}

/** The JSON of an answer that is no error. @throws ERR_AVH_REFUSED (infrastructure) with the API's own words */
export async function callApi(session: AvhSession, call: AvhCall): Promise<unknown> {
  const { ok, status, json, said } = await sendCall(session, call);
  if (ok) return json;
  throw infrastructureError("ERR_AVH_REFUSED", `can't ${call.what}: ${session.endpoint} answered ${status}: ${said}`, {
    details: { status },
  });
}
