import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, test } from "vitest";
import { ask, document, parts, rest, testThatAllWereAsked, useRest } from "../testing/rest.js";
import { testHttp } from "../testing/test-http.js";
import { routes } from "./routes/index.js";

useRest();

describe("the server", () => {
  test("version, settings, overview, health, metrics", async () => {
    expect((await ask(undefined, "GET", "/api/v0.2/system/version/")).json.version).toMatch(/^20\d\d\.\d\d$/);
    expect((await ask(undefined, "GET", "/api/v0.2/system/master_config/")).json.EVENT_TOPIC).toBe("org.lavasoftware");
    expect((await ask(undefined, "GET", "/api/v0.2/system/overview/")).json.devices).toMatchObject({ Good: 1 });
    expect(await rest.http.ask(undefined, "GET", "/healthz")).toMatchObject({
      status: 200,
      json: { health: "good", database: "ok" },
    });
    const metrics = (await rest.http.ask(undefined, "GET", "/metrics")).text;
    for (const line of [
      'basalt_devices{state="Idle",health="Good"} 1',
      'basalt_workers{state="Online",health="Active"} 1',
    ])
      expect(metrics).toContain(line);
    expect(metrics).toMatch(
      /basalt_http_request_seconds_count\{method="GET",route="\/api\/v0.2\/system\/version\/",status="200"\} \d/,
    );
    const { headers } = await rest.http.ask(undefined, "GET", "/api/v0.2/");
    expect(headers.get("x-request-id")).toMatch(/^[\w-]{36}$/);
    expect((await rest.http.ask(undefined, "GET", "/api/v0.2/openapi.json")).json).toEqual(
      JSON.parse(JSON.stringify(document)),
    );
  });

  test("what fails inside is told by its number in the log, and not what it was", async () => {
    const broken = await testHttp({
      http: {
        mount: (_app, router) =>
          void router.get("/boom", () => {
            throw new Error("select secret - exploded");
          }),
      },
    });
    try {
      const read = await broken.ask(undefined, "GET", "/boom");
      expect(read).toMatchObject({ status: 500, json: { code: "ERR_UNEXPECTED" } });
      expect(read.text).not.toMatch(/exploded|at .*\.ts/);
      const line = broken.lab.logLines.find((text) => text.includes("a request failed"));
      expect(line).toContain(read.headers.get("x-request-id"));
      expect(line).toContain("exploded");
      expect(line).not.toContain("secret");
    } finally {
      await broken[Symbol.asyncDispose]();
    }
  });

  test("the document is one of OpenAPI 3.1", async () => {
    const { valid, errors } = await new Validator().validate(JSON.parse(JSON.stringify(document)));
    expect([errors, valid]).toEqual([undefined, true]);
  });

  test("who asks", async () => {
    expect((await ask(rest.ann, "GET", "/api/v0.2/system/whoami/")).json).toEqual({ user: "ann" });
  });

  test("each operation has a name of its own, and a file that asks for it", () => {
    expect(new Set(routes.map(({ id }) => id)).size).toBe(routes.length);
    const asked = Object.values(parts).flat();
    expect(routes.filter((route) => !asked.includes(route))).toEqual([]);
  });
});

testThatAllWereAsked("server");
