import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openApiDocument } from "../http/openapi.js";
import type { Route } from "../http/route.js";
import { artifactTokenRoutes } from "../http/routes/artifact-tokens.js";
import { deviceTypeRoutes } from "../http/routes/device-types.js";
import { deviceRoutes } from "../http/routes/devices.js";
import { routes } from "../http/routes/index.js";
import { jobRoutes } from "../http/routes/jobs.js";
import { peopleRoutes } from "../http/routes/people.js";
import { resultRoutes } from "../http/routes/results.js";
import { systemRoutes } from "../http/routes/system.js";
import { workerRoutes } from "../http/routes/workers.js";
import type { Person } from "../people/rights.js";
import type { Asker } from "../services/types.js";
import { type Read, type TestHttp, testHttp } from "./test-http.js";
import { jobText } from "./test-services.js";

/**
 * Schemas that refuse fields they don't name: an answer has what the document says, no less and no more. Clients are not promised that; only
 * the tests hold to it.
 */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const parts = Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, closed(part)]));
  const isObject = "properties" in schema && (schema as { type?: unknown }).type === "object";
  return isObject && !("additionalProperties" in schema) ? { ...parts, additionalProperties: false } : parts;
}

export const document = openApiDocument("0.1.0") as { components: object };
const ajv = new Ajv2020({ strict: false, allowUnionTypes: true });
addFormats.default(ajv as never);
ajv.addSchema({ ...(closed(document) as object), $id: "openapi" });
const answered = new Set<string>();

const isTag = ({ tag }: Route): boolean => tag === "tags";

/** The operations by the file that asks for them. */
export const parts = {
  jobs: [...jobRoutes, ...resultRoutes],
  devices: [...deviceRoutes, ...deviceTypeRoutes, ...workerRoutes, ...systemRoutes.filter(isTag)],
  people: [...peopleRoutes, ...artifactTokenRoutes],
  server: systemRoutes.filter((route) => !isTag(route)),
} satisfies Record<string, readonly Route[]>;

/** The server that a file's tests ask, and who asks; there once its tests run. */
export const rest = {} as { http: TestHttp; ann: Person; bob: Person; root: Person };

/** For each file that asks: a server of its own. */
export function useRest(): void {
  beforeAll(async () => {
    rest.http = await testHttp();
    rest.ann = await rest.http.lab.person("ann", { groups: ["kernel"] });
    rest.bob = await rest.http.lab.person("bob");
    rest.root = await rest.http.lab.person("root", { superuser: true });
  }, 60_000);
  afterAll(() => rest.http[Symbol.asyncDispose]());
}

const matches = (route: Route, path: string): boolean =>
  new RegExp(`^${route.path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "[^/]+")}?$`).test(path);

/** Asks, and checks the answer against what the document says of it. */
export async function ask(
  asker: Asker,
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
): Promise<Read> {
  const read = await rest.http.ask(asker, method, path, body, headers);
  const plain = path.split("?")[0] ?? "";
  const route = routes.find(
    (one) => one.method === method.toLowerCase() && matches(one, plain.endsWith("/") ? plain : `${plain}/`),
  );
  if (!route) return read;
  answered.add(`${route.id} ${read.status}`);
  const described = route.answers[read.status];
  expect(described, `${method} ${path} answered ${read.status}: ${read.text}`).toBeDefined();
  if (described?.schema) {
    const schema = JSON.stringify(closed(described.schema)).replaceAll("#/components", "openapi#/components");
    const check = ajv.compile(JSON.parse(schema));
    expect([path, check(read.json), check.errors]).toEqual([path, true, null]);
  } else if (described?.type)
    expect([described.type].flat()).toContain(read.headers.get("content-type")?.split(";")[0]);
  else expect(read.text).toBe("");
  return read;
}

/** Hands in a job; its number. */
export const submit = async (asker: Asker, more: Parameters<typeof jobText>[0] = {}): Promise<number> => {
  const read = await ask(asker, "POST", "/api/v0.2/jobs/", { definition: jobText(more) });
  expect(read).toMatchObject({ status: 201, json: { message: "job(s) successfully submitted" } });
  return read.json.job_ids[0];
};

/** A finished job with a log and results. */
export async function finishedJob(): Promise<number> {
  const { lab } = rest.http;
  const id = await submit(rest.ann);
  const line = (msg: object | string, lvl = "info") =>
    `- ${JSON.stringify({ dt: "2026-11-22T10:00:00.000000", lvl, msg }, null, 0).replace(/":"/g, '": "').replace('"lvl": ', '"lvl": ')}\n`;
  const spaced = (msg: object) =>
    `- {"dt": "2026-11-22T10:00:00.000000", "lvl": "results", "msg": ${JSON.stringify(msg)}}\n`;
  const lines = [
    line("booting"),
    line("it <broke> & \u001b[31mhow"),
    spaced({ definition: "0_smoke", case: "boots", result: "pass", duration: "1.50" }),
    spaced({
      definition: "0_smoke",
      case: "speed",
      result: "fail",
      measurement: "12.5",
      units: "MB/s",
      starttc: 0,
      endtc: 1,
    }),
    spaced({ definition: "0_smoke", case: "suspend", result: "skip" }),
    spaced({ definition: "lava", case: "job", result: "pass" }),
  ];
  await lab.intake.append(id, 0, Buffer.from(lines.join("")), lines.length);
  await lab.intake.settle(id);
  await lab.life.running(id);
  await lab.life.finished(id, { result: "pass" });
  return id;
}

/** The last test of a file: each operation of its part was asked for by the tests before it, and gave what the document says. */
export function testThatAllWereAsked(part: keyof typeof parts): void {
  test("every operation of the document was asked for and gave what it says", () => {
    const missed = parts[part].filter(
      ({ id }) => ![200, 201, 202, 204].some((status) => answered.has(`${id} ${status}`)),
    );
    expect(missed.map(({ id }) => id)).toEqual([]);
  });
}
