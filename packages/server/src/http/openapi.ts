import type { JsonObject } from "@basalt/core";
import type { Route, Schema } from "./route.js";
import { routes } from "./routes/index.js";
import { schemas } from "./schemas.js";

const about = `Basalt's REST interface: LAVA's version 0.2 and what Basalt has beside it.

Log in with \`Authorization: Token <128 characters>\`, or with the session cookie of the pages; a write with a cookie is only taken from
pages of this server (\`Origin\`, \`Sec-Fetch-Site\`). Addresses end in a slash; without it they do the same. Lists can be filtered as in LAVA:
\`field__lookup=value\` with exact, iexact, in, contains, icontains, startswith, endswith, regex, isnull, lt, lte, gt, gte; unknown fields are refused with those
that there are. Fields of a body that are not known are ignored, as in LAVA. Every answer has an \`X-Request-Id\`, which is also in the server's log.`;

const parameters = ({ path, query = {}, filters }: Route): readonly JsonObject[] => [
  ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name: name ?? "",
    in: "path",
    required: true,
    schema: { type: "string" },
  })),
  ...Object.entries(query).map(([name, schema]) => ({ name, in: "query", schema })),
  ...(filters
    ? [
        {
          name: "filters",
          in: "query",
          style: "form",
          explode: true,
          description: `Any of these, with a lookup or without: ${filters.join(", ")}.`,
          schema: { type: "object", additionalProperties: { type: "string" } },
        },
      ]
    : []),
];

const content = (type: string, schema: Schema): JsonObject => ({ [type]: { schema } });

function operation(route: Route): JsonObject {
  const { id, tag, summary, body, bodyType, answers } = route;
  const list = parameters(route);
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(list.length > 0 ? { parameters: list } : {}),
    ...(body ? { requestBody: { required: true, content: content("application/json", body) } } : {}),
    ...(bodyType ? { requestBody: { required: true, content: content(bodyType, { type: "string" }) } } : {}),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, { description, schema, type }]) => [
        status,
        {
          description,
          ...(schema ? { content: content("application/json", schema) } : {}),
          ...(type && !schema
            ? { content: Object.assign({}, ...[type].flat().map((one) => content(one, { type: "string" }))) }
            : {}),
        },
      ]),
    ),
  };
}

/** The OpenAPI 3.1 document of the route table. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const route of routes) {
    const path = paths[route.path] ?? {};
    path[route.method] = operation(route);
    paths[route.path] = path;
  }
  return {
    openapi: "3.1.0",
    info: { title: "Basalt", version, description: about, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: "/" }],
    tags: [...new Set(routes.map(({ tag }) => tag))].map((name) => ({ name })),
    security: [{}, { token: [] }, { session: [] }],
    paths: paths as unknown as JsonObject,
    components: {
      schemas: { ...schemas },
      securitySchemes: {
        token: { type: "apiKey", in: "header", name: "Authorization", description: "`Token <128 characters>`" },
        session: { type: "apiKey", in: "cookie", name: "basalt_session" },
      },
    },
  };
}
