import { asList, asObject, asText, infrastructureError, type Json, type JsonObject, jobError } from "@basalt/core";
import { type AvhSession, callApi, sendCall } from "./avh-request.js";

/** Credentials of an account. */
export interface AvhAccount {
  readonly endpoint: string;
  readonly token: string;
}

/** A virtual board, as the API tells of it. */
export interface AvhInstance {
  /** creating, booting, on, off, error... */
  readonly state: string;
  readonly error?: string;
}

type Options = { readonly signal: AbortSignal };

/** The part of Arm Virtual Hardware's REST API that a job needs (its OpenAPI description: /v1/projects, /v1/images, /v1/instances). */
export interface AvhApi {
  /** Id of a project. @throws ERR_AVH_PROJECT (job) naming those the account has */
  project(name: string, options: Options): Promise<string>;
  /** Uploads a firmware package; gives its image id. */
  upload(
    firmware: { readonly content: Blob; readonly name: string; readonly project: string },
    options: Options,
  ): Promise<string>;
  /** Makes a virtual board, which starts by itself; gives its id. */
  create(board: JsonObject, options: Options): Promise<string>;
  instance(id: string, options: Options): Promise<AvhInstance>;
  /** Address of the console's websocket; undefined as long as there is none. It has a token in it: never show it. */
  consoleUrl(id: string, options: Options): Promise<string | undefined>;
  remove(what: "instances" | "images", id: string, options: Options): Promise<void>;
}

const textOf = (json: unknown, key: string): string | undefined => asText(asObject(json)[key]);

function idOf(json: unknown, what: string): string {
  const id = textOf(json, "id");
  if (id !== undefined) return id;
  throw infrastructureError("ERR_AVH_REFUSED", `the answer to '${what}' has no id`);
}

/** Logs in with an API token. @throws ERR_AVH_TOKEN (job) where it is refused */
async function login({ endpoint, token }: AvhAccount, signal: AbortSignal): Promise<AvhSession> {
  const anonymous = { endpoint, secrets: [token] };
  const what = "log in to Arm Virtual Hardware";
  const { ok, status, json, said } = await sendCall(anonymous, {
    ...{ method: "POST", path: "/v1/auth/login", what, signal },
    json: { apiToken: token },
  });
  if (status === 401 || status === 403)
    throw jobError(
      "ERR_AVH_TOKEN",
      `${endpoint} refuses the job's secret avh_api_token (${status}): ${said}; make a new token there`,
    );
  const bearer = textOf(json, "token");
  if (ok && bearer !== undefined) return { endpoint, bearer, secrets: [token, bearer] };
  throw infrastructureError("ERR_AVH_REFUSED", `can't ${what}: ${endpoint} answered ${status}: ${said}`);
}

/** Logs in and gives the API. The session lasts some hours: log in again for what is done later. */
export async function openAvh(account: AvhAccount, { signal }: Options): Promise<AvhApi> {
  const session = await login(account, signal);
  return {
    async project(name, options) {
      const what = `find the project '${name}'`;
      const all = asList((await callApi(session, { ...options, method: "GET", path: "/v1/projects", what })) as Json);
      const found = all.find((project) => textOf(project, "name") === name);
      if (found !== undefined) return idOf(found, what);
      const names = all.map((project) => textOf(project, "name")).join(", ");
      throw jobError("ERR_AVH_PROJECT", `the account has no project '${name}': it has ${names || "none"}`);
    },
    async upload({ content, name, project }, options) {
      const form = new FormData();
      const fields = { type: "fwpackage", encoding: "plain", encapsulated: "false", name, project };
      for (const [key, value] of Object.entries(fields)) form.append(key, value);
      form.append("file", content, name);
      const what = `upload ${name}`;
      return idOf(await callApi(session, { ...options, method: "POST", path: "/v1/images", what, form }), what);
    },
    async create(board, options) {
      const what = `make a virtual board of model ${asText(board.flavor)}`;
      return idOf(
        await callApi(session, { ...options, method: "POST", path: "/v1/instances", what, json: board }),
        what,
      );
    },
    async instance(id, options) {
      const what = `ask for the state of ${id}`;
      const json = await callApi(session, { ...options, method: "GET", path: `/v1/instances/${id}`, what });
      const error = textOf(json, "error");
      return { state: textOf(json, "state") ?? "unknown", ...(error === undefined ? {} : { error }) };
    },
    async consoleUrl(id, options) {
      const path = `/v1/instances/${id}/console`;
      const { ok, json } = await sendCall(session, {
        ...options,
        method: "GET",
        path,
        what: `find the console of ${id}`,
      });
      return ok ? textOf(json, "url") : undefined;
    },
    async remove(kind, id, options) {
      const version = kind === "images" ? "v2" : "v1";
      const { ok, status, said } = await sendCall(session, {
        ...options,
        method: "DELETE",
        path: `/${version}/${kind}/${id}`,
        what: `remove ${id}`,
      });
      if (!ok && status !== 404)
        throw infrastructureError("ERR_AVH_REFUSED", `can't remove ${id} from ${kind}: ${status}: ${said}`);
    },
  };
}
