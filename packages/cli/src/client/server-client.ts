import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  asObject,
  asText,
  configurationError,
  infrastructureError,
  isJsonObject,
  type Json,
  type JsonObject,
  jobError,
} from "@basalt/core";

export interface ServerAddress {
  /** `http://127.0.0.1:8000` */
  readonly server?: string;
  readonly tokenFile?: string;
}

/** Talks REST with a server: Basalt's, or LAVA's. */
export interface ServerClient {
  readonly url: string;
  /** Ids as people use them: `12`, or `12.0` and `12.1` of a MultiNode job. @throws what is wrong with the job, in the server's words (job) */
  submit(definition: string): Promise<{ readonly ids: readonly string[]; readonly warnings: readonly string[] }>;
  job(id: string): Promise<JsonObject>;
  /** Log lines from `start` on, at most 5,000. */
  log(id: string, start: number): Promise<string>;
  cancel(id: string): Promise<void>;
}

interface Where {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A token has to come from a file or the environment: on a command line everybody on the machine could read it. */
async function readToken({ tokenFile }: ServerAddress, { cwd, env }: Where): Promise<string | undefined> {
  if (tokenFile === undefined) return env.BASALT_TOKEN || undefined;
  const file = resolve(cwd, tokenFile);
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw configurationError("ERR_TOKEN_UNREADABLE", `can't read the token in ${file}: ${cause.message}`, { cause });
  });
  const trimmed = text.trim();
  if (!trimmed.startsWith("{")) return trimmed;
  const token = asText(asObject(readJson(trimmed)).token);
  if (token !== undefined) return token;
  throw configurationError(
    "ERR_TOKEN_UNREADABLE",
    `there is no token in ${file}: expected a token alone, or {"token": "..."}`,
  );
}

const readJson = (text: string): Json => {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
};

const partOfLog = 5_000;

/** A client of the server that the options or the environment name (BASALT_SERVER, BASALT_TOKEN). */
export async function serverClient(address: ServerAddress, where: Where): Promise<ServerClient> {
  const url = (address.server ?? where.env.BASALT_SERVER ?? "http://127.0.0.1:8000").replace(/\/+$/, "");
  const token = await readToken(address, where);
  const headers = { Accept: "application/json", ...(token === undefined ? {} : { Authorization: `Token ${token}` }) };

  async function ask(path: string, init: { method?: string; body?: JsonObject } = {}): Promise<Response> {
    const { method = "GET", body } = init;
    let answer: Response;
    try {
      answer = await fetch(`${url}/api/v0.2/${path}`, {
        method,
        // a token and a job are for this server: not for one that it may name
        redirect: "manual",
        headers: body === undefined ? headers : { ...headers, "Content-Type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch (cause) {
      const reason = (cause as { cause?: Error }).cause?.message ?? (cause as Error).message;
      throw infrastructureError(
        "ERR_SERVER_UNREACHABLE",
        `can't reach the server at ${url}: ${reason}. Does it run, and is the address right?`,
        { cause },
      );
    }
    if (answer.status >= 300 && answer.status < 400)
      throw configurationError(
        "ERR_SERVER_MOVED",
        `${url} sends its clients to ${answer.headers.get("location")}: if that is the server you mean, give its address with --server`,
      );
    return answer;
  }

  const textsOf = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);

  async function refuse(answer: Response): Promise<never> {
    const text = await answer.text();
    const said = messageOf(text) ?? (text.slice(0, 300) || answer.statusText);
    if (answer.status === 401 || answer.status === 403)
      throw configurationError(
        "ERR_SERVER_DENIED",
        `${url} does not allow it: ${said}${token === undefined ? " (no token was given: --token-file or BASALT_TOKEN)" : ""}`,
      );
    if (answer.status < 500) throw jobError("ERR_SERVER_REFUSED", said);
    throw infrastructureError("ERR_SERVER_FAILED", `${url} answered ${answer.status}: ${said}`);
  }

  async function objectOf(answer: Response): Promise<JsonObject> {
    const text = await answer.text();
    const value = readJson(text);
    if (isJsonObject(value)) return value;
    throw infrastructureError(
      "ERR_SERVER_FAILED",
      `${url} answered what is no JSON: ${text.slice(0, 300)}. Is it the address of a server?`,
    );
  }

  return {
    url,
    async submit(definition) {
      const answer = await ask("jobs/", { method: "POST", body: { definition } });
      if (!answer.ok) return refuse(answer);
      const { job_ids, warnings } = await objectOf(answer);
      return { ids: textsOf(job_ids), warnings: textsOf(warnings) };
    },
    async job(id) {
      const answer = await ask(`jobs/${id}/`);
      return answer.ok ? objectOf(answer) : refuse(answer);
    },
    async log(id, start) {
      const answer = await ask(`jobs/${id}/logs/?start=${start}&end=${start + partOfLog}`);
      // LAVA says 404 while there is no log yet
      if (answer.status === 404) return "";
      return answer.ok ? answer.text() : refuse(answer);
    },
    async cancel(id) {
      const answer = await ask(`jobs/${id}/cancel/`, { method: "POST" });
      if (!answer.ok) await refuse(answer);
    },
  };
}

/** What a REST answer says went wrong. */
function messageOf(text: string): string | undefined {
  const value = readJson(text);
  if (!isJsonObject(value)) return undefined;
  return (
    asText(value.message) ??
    asText(value.detail) ??
    Object.entries(value)
      .map(([field, what]) => `${field}: ${String(what)}`)
      .join("; ")
  );
}
