import { describe, expect, test } from "vitest";
import { ask, rest, submit, testThatAllWereAsked, useRest } from "../testing/rest.js";

useRest();

describe("people", () => {
  test("users, groups, permissions", async () => {
    const { json: dave, text } = await ask(rest.root, "POST", "/api/v0.2/users/", {
      username: "dave",
      password: "dave's own",
    });
    expect(text).not.toContain("password");
    expect((await ask(rest.ann, "POST", "/api/v0.2/users/", { username: "x" })).status).toBe(403);
    expect(
      (await ask(rest.ann, "GET", "/api/v0.2/users/")).json.results.map(
        ({ username }: { username: string }) => username,
      ),
    ).toEqual(["ann"]);
    expect((await ask(rest.ann, "GET", "/api/v0.2/users/ann/")).json.groups).toEqual(["kernel"]);
    expect((await ask(undefined, "GET", "/api/v0.2/users/")).status).toBe(401);
    expect((await ask(rest.root, "PATCH", `/api/v0.2/users/${dave.id}/`, { email: "d@example.com" })).json.email).toBe(
      "d@example.com",
    );
    expect((await ask(rest.root, "PUT", "/api/v0.2/users/dave/", { is_staff: true })).json.is_staff).toBe(true);
    expect((await ask(rest.ann, "GET", `/api/v0.2/users/${dave.id}/`)).status).toBe(404);
    const group = (await ask(rest.root, "POST", "/api/v0.2/groups/", { name: "rack", users: ["dave"] })).json;
    expect((await ask(rest.root, "GET", "/api/v0.2/groups/")).json.count).toBeGreaterThan(1);
    expect((await ask(rest.root, "GET", `/api/v0.2/groups/${group.id}/`)).json.users).toEqual(["dave"]);
    expect((await ask(rest.root, "PATCH", "/api/v0.2/groups/rack/", { users: ["dave", "bob"] })).json.users).toEqual([
      "bob",
      "dave",
    ]);
    expect(
      (await ask(rest.root, "PUT", "/api/v0.2/groups/rack/", { permissions: ["add_tag"] })).json.permissions,
    ).toEqual(["add_tag"]);
    for (const [path, object] of [
      ["devices", "d1"],
      ["devicetypes", "qemu"],
    ] as const) {
      const permission = `change_${path.slice(0, -1)}`;
      const grant = await ask(rest.root, "POST", `/api/v0.2/permissions/${path}/`, {
        group: "rack",
        permission,
        object,
      });
      expect(grant.json).toMatchObject({ group: "rack", permission, object });
      expect((await ask(rest.ann, "GET", `/api/v0.2/permissions/${path}/`)).status).toBe(403);
      const wrong = { group: "rack", permission: `chnge_${path.slice(0, -1)}`, object };
      expect((await ask(rest.root, "POST", `/api/v0.2/permissions/${path}/`, wrong)).json.permission[0]).toContain(
        `did you mean '${permission}'? expected one of view_`,
      );
      expect((await ask(rest.root, "GET", `/api/v0.2/permissions/${path}/?object=${object}`)).json.count).toBe(1);
      expect((await ask(rest.root, "DELETE", `/api/v0.2/permissions/${path}/${grant.json.id}/`)).status).toBe(204);
    }
    expect((await ask(rest.root, "DELETE", "/api/v0.2/groups/rack/")).status).toBe(204);
    expect((await ask(rest.root, "DELETE", "/api/v0.2/users/dave/")).status).toBe(204);
  });

  test("tokens for other servers are one's own, and never shown", async () => {
    const at = "/api/v0.2/remote-artifact-tokens";
    const token = "s3cret of artifactory";
    expect((await ask(undefined, "POST", `${at}/`, { name: "art", token })).status).toBe(401);
    expect((await ask(rest.ann, "POST", `${at}/`, { name: "art", token })).json).toEqual({ name: "art" });
    expect((await ask(rest.ann, "PUT", `${at}/art/`, { token: `${token}, newer` })).status).toBe(200);
    expect((await ask(rest.ann, "PATCH", `${at}/art/`, { token: "" })).json.token).toBeDefined();
    expect((await ask(rest.ann, "PATCH", `${at}/art/`, { token })).status).toBe(200);
    const all = await ask(rest.ann, "GET", `${at}/`);
    expect([all.json.results, all.text.includes("s3cret")]).toEqual([[{ name: "art" }], false]);
    expect((await ask(rest.ann, "GET", `${at}/art/`)).json).toEqual({ name: "art" });
    expect((await ask(rest.bob, "GET", `${at}/art/`)).status).toBe(404);
    expect((await ask(rest.bob, "DELETE", `${at}/art/`)).status).toBe(404);
    const row = await rest.http.lab.store.knex("remote_artifact_tokens").first("token", "user_id");
    expect(row).toEqual({ token, user_id: rest.ann.id });
    expect((await ask(rest.ann, "DELETE", `${at}/art/`)).status).toBe(204);
    expect(rest.http.lab.logLines.join("")).not.toContain("s3cret");
  });

  test("a token for a password; wrong ones are counted and say when to come again", async () => {
    await rest.http.lab.services.people.addUser(rest.root, "gina", { password: "correct horse" });
    const log = (password: string, username = "gina") =>
      ask(undefined, "POST", "/api/v0.2/token/", { username, password });
    expect(await log("wrong")).toMatchObject({ status: 401, json: { code: "ERR_LOGIN" } });
    const { token } = (await log("correct horse")).json;
    const who = (authorization: string) =>
      ask(undefined, "GET", "/api/v0.2/system/whoami/", undefined, { Authorization: authorization });
    expect((await who(`Token ${token}`)).json).toEqual({ user: "gina" });
    expect((await who(`Basic ${Buffer.from(`gina:${token}`).toString("base64")}`)).json).toEqual({ user: "gina" });
    expect((await who(`Basic ${Buffer.from(`ann:${token}`).toString("base64")}`)).status).toBe(401);
    expect(await who("Token wrong")).toMatchObject({ status: 401, json: { code: "ERR_TOKEN" } });
    for (let attempt = 0; attempt < 10; attempt++) await log("guess", "root");
    const refused = await log("guess", "root");
    expect(refused).toMatchObject({ status: 429, json: { code: "ERR_LOGIN_LIMIT" } });
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const said = rest.http.lab.logLines.join("\n");
    for (const secret of [token, "correct horse", "guess"]) expect(said).not.toContain(secret);
    expect(said).toContain("POST /api/v0.2/token/ 429");
  });

  test("a session writes only from pages of this server", async () => {
    const { cookie } =
      (await rest.http.lab.services.people.logIn("gina", "correct horse", { address: "10.9.9.9" })) ?? {};
    const id = await submit(rest.root);
    const as = (method: string, path: string, headers: Record<string, string>) =>
      ask(undefined, method, path, method === "GET" ? undefined : {}, {
        Cookie: `a=b; basalt_session=${cookie}`,
        ...headers,
      });
    expect((await as("GET", "/api/v0.2/system/whoami/", { Origin: "https://evil.example" })).json).toEqual({
      user: "gina",
    });
    for (const headers of [
      { Origin: "https://evil.example" },
      { "Sec-Fetch-Site": "cross-site" },
      { Origin: "null" },
    ] as Record<string, string>[]) {
      expect((await as("POST", `/api/v0.2/jobs/${id}/resubmit/`, headers)).json.code).toBe("ERR_CROSS_SITE");
      expect((await as("GET", `/api/v0.2/jobs/${id}/cancel/`, headers)).json.code).toBe("ERR_CROSS_SITE");
    }
    expect(
      (await as("POST", `/api/v0.2/jobs/${id}/resubmit/`, { Origin: rest.http.url, "Sec-Fetch-Site": "same-origin" }))
        .status,
    ).toBe(201);
  });
});

testThatAllWereAsked("people");
