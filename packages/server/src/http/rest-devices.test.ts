import { describe, expect, test } from "vitest";
import { ask, rest, testThatAllWereAsked, useRest } from "../testing/rest.js";

useRest();

const healthCheck =
  "job_name: check\ndevice_type: bbb\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions: [{command: {name: beep}}]\n";

describe("devices, types, workers, tags", () => {
  test("devices", async () => {
    const at = "/api/v0.2/devices";
    await ask(rest.root, "POST", "/api/v0.2/tags/", { name: "hub" });
    expect((await ask(rest.ann, "POST", `${at}/`, { hostname: "d2", device_type: "qemu" })).status).toBe(403);
    const made = await ask(rest.root, "POST", `${at}/`, {
      hostname: "d2",
      device_type: "qemu",
      tags: ["hub"],
      worker_host: "w1",
      health: "GOOD",
    });
    expect(made).toMatchObject({
      status: 201,
      json: { hostname: "d2", worker_host: "w1", health: "Good", tag_names: ["hub"] },
    });
    expect((await ask(rest.root, "POST", `${at}/`, { hostname: "d2", device_type: "qemu" })).status).toBe(409);
    const plain = await ask(rest.root, "POST", `${at}/`, { hostname: "plain", device_type: "qemu" });
    expect(plain.json.health).toBe("Unknown");
    expect((await ask(rest.root, "DELETE", `${at}/plain/`)).status).toBe(204);
    expect((await ask(rest.root, "POST", `${at}/`, { hostname: "d 1", device_type: "qemu" })).json.code).toBe(
      "ERR_NAME",
    );
    expect(
      (await ask(rest.root, "POST", `${at}/`, { hostname: "d3", device_type: "x" })).json.device_type,
    ).toBeDefined();
    expect(
      (await ask(rest.root, "PATCH", `${at}/d2/`, { description: "two", tags: made.json.tags })).json,
    ).toMatchObject({
      tag_names: ["hub"],
      description: "two",
    });
    expect((await ask(rest.root, "PUT", `${at}/d2/`, { health: "maintenance" })).json.health).toBe("Maintenance");
    expect((await ask(rest.ann, "POST", `${at}/d2/set_health/`, { health: "Good" })).status).toBe(403);
    expect((await ask(rest.root, "POST", `${at}/d2/set_health/`, { health: "awful" })).json.health[0]).toContain(
      "Good, Unknown",
    );
    expect(await ask(rest.root, "POST", `${at}/d2/set_health/`, { health: "retired", reason: "old" })).toMatchObject({
      status: 202,
      json: { message: "OK" },
    });
    expect((await ask(undefined, "GET", `${at}/?device_type__name=qemu`)).json.count).toBe(1);
    expect((await ask(undefined, "GET", `${at}/?all=true&tags__name=hub`)).json.count).toBe(1);
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/`)).status).toBe(404);
    expect(
      (await ask(rest.root, "POST", `${at}/d2/dictionary/`, { dictionary: '{% extends "qemu.jinja2" %}' })).json
        .message,
    ).toBe("OK");
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/`)).text).toContain("extends");
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/?revision=1`)).text).toContain("extends");
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/?revision=2`)).json.detail).toBe(
      "the dictionary of d2 has no revision 2: they go from 1 to 1",
    );
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/?revision=x`)).status).toBe(400);
    expect((await ask(undefined, "GET", `${at}/d2/dictionary/revisions/?limit=1`)).json).toMatchObject({ count: 1 });
    const rendered = await ask(
      undefined,
      "GET",
      `${at}/d2/dictionary/?render=1&context=${encodeURIComponent("{arch: arm64}")}`,
    );
    expect(rendered.text).toContain("aarch64");
    expect((await ask(undefined, "POST", `${at}/validate/`, rendered.text)).json.message).toBe("Device valid.");
    expect((await ask(undefined, "POST", `${at}/validate/`, "[1, 2]")).json.message).toMatch(/^Device invalid: /);
    expect((await ask(undefined, "GET", `${at}/d2/`)).json.has_dictionary).toBe(true);
    expect((await ask(rest.root, "DELETE", `${at}/d2/`)).status).toBe(204);
    expect((await ask(rest.root, "GET", `${at}/d2/`)).status).toBe(404);
  });

  test("types and aliases", async () => {
    const at = "/api/v0.2/devicetypes";
    expect((await ask(rest.ann, "POST", `${at}/`, { name: "bbb" })).status).toBe(403);
    expect(
      (await ask(rest.root, "POST", `${at}/`, { name: "bbb", cores: ["a8"], health_frequency: 0 })).json
        .health_frequency,
    ).toBeDefined();
    expect((await ask(rest.root, "POST", `${at}/`, { name: "bbb", cores: ["a8"] })).status).toBe(201);
    expect((await ask(rest.root, "PUT", `${at}/bbb/`, { description: "black" })).json.description).toBe("black");
    expect((await ask(rest.root, "PATCH", `${at}/bbb/`, { display: false })).json.display).toBe(false);
    expect((await ask(undefined, "GET", `${at}/`)).json.results.map(({ name }: { name: string }) => name)).toEqual([
      "qemu",
    ]);
    expect((await ask(undefined, "GET", `${at}/?all=1&cores=a8`)).json.count).toBe(1);
    expect((await ask(undefined, "GET", `${at}/qemu/`)).json.devices.idle).toBe(1);
    for (const [path, key, text, broken] of [
      ["template", "template", "# text", "\n{% if %}"],
      ["health_check", "config", healthCheck, `\n${healthCheck.replace("job_name", "jb_name")}`],
    ] as const) {
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/`)).status).toBe(404);
      expect((await ask(rest.ann, "POST", `${at}/bbb/${path}/`, { [key]: "x" })).status).toBe(403);
      const refused = await ask(rest.root, "POST", `${at}/bbb/${path}/`, { [key]: broken });
      expect([refused.status, refused.json.detail]).toEqual([400, expect.stringMatching(/bbb:2/)]);
      expect((await ask(rest.root, "POST", `${at}/bbb/${path}/`, { [key]: text })).status).toBe(204);
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/`)).text).toBe(text);
      expect((await ask(rest.root, "POST", `${at}/bbb/${path}/`, { [key]: "", reason: "old" })).status).toBe(204);
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/`)).status).toBe(404);
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/?revision=1`)).text).toBe(text);
      expect((await ask(undefined, "GET", `${at}/bbb/${path}/revisions/`)).json.results).toMatchObject([
        { revision: 2, current: true, author: "root", reason: "old", removed: true },
        { revision: 1, current: false, removed: false },
      ]);
    }
    expect((await ask(rest.root, "POST", "/api/v0.2/aliases/", { name: "bone", device_type: "bbb" })).status).toBe(201);
    expect((await ask(undefined, "GET", "/api/v0.2/aliases/")).json.results).toEqual([
      { name: "bone", device_type: "bbb" },
    ]);
    expect((await ask(undefined, "GET", "/api/v0.2/aliases/bone/")).json.device_type).toBe("bbb");
    expect((await ask(rest.root, "DELETE", "/api/v0.2/aliases/bone/")).status).toBe(204);
    expect((await ask(rest.root, "DELETE", `${at}/qemu/`)).status).toBe(409);
    expect((await ask(rest.root, "DELETE", `${at}/bbb/`)).status).toBe(204);
  });

  test("workers and tags", async () => {
    const at = "/api/v0.2/workers";
    expect((await ask(rest.ann, "POST", `${at}/`, { hostname: "w2" })).status).toBe(403);
    expect((await ask(rest.root, "POST", `${at}/`, { hostname: "w2", health: "Maintenance" })).json.health).toBe(
      "Maintenance",
    );
    expect((await ask(rest.root, "PATCH", `${at}/w2/`, { job_limit: 3 })).json.job_limit).toBe(3);
    expect((await ask(rest.root, "PUT", `${at}/w2/`, { description: "two", health: "active" })).json).toMatchObject({
      description: "two",
      health: "Active",
    });
    expect(
      (await ask(undefined, "GET", `${at}/?health=active&ordering=-hostname`)).json.results.map(
        ({ hostname }: { hostname: string }) => hostname,
      ),
    ).toEqual(["w2", "w1"]);
    expect((await ask(undefined, "GET", `${at}/w1/`)).json.devices).toEqual(["d1"]);
    expect((await ask(rest.root, "POST", `${at}/w2/set_health/`, { health: "Retired", reason: "sold" })).status).toBe(
      202,
    );
    for (const path of ["env", "config"]) {
      expect((await ask(undefined, "GET", `${at}/w2/${path}/`)).status).toBe(404);
      expect((await ask(rest.root, "POST", `${at}/w2/${path}/`, { [path]: "a: 1\n" })).json.message).toBe("OK");
      expect((await ask(undefined, "GET", `${at}/w2/${path}/`)).text).toBe("a: 1\n");
      expect((await ask(undefined, "GET", `${at}/w2/${path}/revisions/`)).json.count).toBe(1);
    }
    expect((await ask(rest.root, "DELETE", `${at}/w2/`)).status).toBe(204);
    expect((await ask(rest.ann, "POST", "/api/v0.2/tags/", { name: "usb" })).status).toBe(403);
    const { json } = await ask(rest.root, "POST", "/api/v0.2/tags/", { name: "usb", description: "a stick" });
    expect((await ask(undefined, "GET", `/api/v0.2/tags/${json.id}/`)).json).toEqual({ ...json, devices: [] });
    expect((await ask(undefined, "GET", "/api/v0.2/tags/")).json.count).toBeGreaterThan(0);
    expect((await ask(rest.root, "DELETE", "/api/v0.2/tags/usb/")).status).toBe(204);
  });
});

testThatAllWereAsked("devices");
