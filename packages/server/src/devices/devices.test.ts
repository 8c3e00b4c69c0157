import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { DocumentKind } from "../store/rows.js";
import type { Store } from "../store/store.js";
import { testStore } from "../testing/test-store.js";
import { DeviceConfigs } from "./device-configs.js";
import { DocumentCache, readDocument, writeDocument } from "./documents.js";

let store: Store;
beforeAll(async () => {
  store = await testStore();
});
afterAll(() => store.close());
beforeEach(() => store.knex("documents").delete());

const write = (kind: DocumentKind, name: string, text: string | null) =>
  store.transaction((trx) => writeDocument(trx, { kind, name, text, author: "ann", reason: "why" }));

describe("documents", () => {
  test("have revisions: a change is one more, the same again is none, deleting is one, too", async () => {
    expect(await write("device", "d1", null)).toBeUndefined();
    expect(await write("device", "d1", "a")).toBe(1);
    expect(await write("device", "d1", "a")).toBe(1);
    expect(await write("device", "d1", "b")).toBe(2);
    expect(await write("device", "d1", null)).toBe(3);
    expect(await readDocument(store.knex, "device", "d1")).toBeUndefined();
    expect(await write("device", "d1", "b")).toBe(4);
    expect(await store.knex("documents").orderBy("revision").select("revision", "text", "current")).toEqual([
      { revision: 1, text: "a", current: false },
      { revision: 2, text: "b", current: false },
      { revision: 3, text: null, current: false },
      { revision: 4, text: "b", current: true },
    ]);
    const notes = await store
      .knex("log_entries")
      .where({ kind: "document", object: "device/d1" })
      .orderBy("id")
      .pluck("message");
    expect(notes).toEqual(["revision 1 (why)", "revision 2 (why)", "revision 3: deleted (why)", "revision 4 (why)"]);
  });

  test("written by many at once get one revision each", async () => {
    await Promise.all(Array.from({ length: 12 }, (_, index) => write("device", "d1", `text ${index}`)));
    const rows = await store.knex("documents").orderBy("revision").select("revision", "current");
    expect(rows.map(({ revision }) => revision)).toEqual(Array.from({ length: 12 }, (_, index) => index + 1));
    expect(rows.filter(({ current }) => current)).toEqual([{ revision: 12, current: true }]);
  });

  test("a writer that took its ids first and commits last is seen, however many came between", async () => {
    const cache = new DocumentCache(store, ["device"]);
    await cache.refresh();
    let commit = (): void => {};
    let took = (): void => {};
    const wrote = new Promise<void>((resolve) => {
      took = resolve;
    });
    const slow = store.transaction(async (trx) => {
      await writeDocument(trx, { kind: "device", name: "slow", text: "late", author: "a" });
      took();
      await new Promise<void>((resolve) => {
        commit = resolve;
      });
    });
    await wrote;
    await store.knex.raw(
      "select setval(pg_get_serial_sequence('documents', 'id'), nextval(pg_get_serial_sequence('documents', 'id')) + 5000)",
    );
    await write("device", "quick", "soon");
    expect(await cache.refresh()).toBe(true);
    expect([cache.text("device", "quick"), cache.text("device", "slow")]).toEqual(["soon", undefined]);
    commit();
    await slow;
    await cache.refresh();
    expect(cache.text("device", "slow")).toBe("late");
    expect(await cache.refresh()).toBe(false);
  });

  test("whoever asks while another reading is under way has what was committed before it asked", async () => {
    const cache = new DocumentCache(store, ["device", "devicetype"]);
    const wish = fc.array(fc.tuple(fc.constantFrom("a", "b", "c"), fc.option(fc.constantFrom("x", "y", "z"))), {
      maxLength: 6,
    });
    await fc.assert(
      fc.asyncProperty(wish, async (wishes) => {
        await Promise.all(
          wishes.map(async ([name, text], index) => {
            const own = `${name}${index}`;
            await write("device", own, text);
            await cache.refresh();
            expect(cache.text("device", own)).toBe(text ?? undefined);
          }),
        );
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});

describe("device configurations", () => {
  const qemu = { name: "d1", device_type: "qemu" };

  test("follow every change of dictionary and template", async () => {
    const configs = new DeviceConfigs(store);
    await write("devicetype", "own-base", "memory: {{ memory | default(1) }}\n");
    await write("devicetype", "board", '{% extends "own-base.jinja2" %}');
    await write("device", "d1", '{% extends "board.jinja2" %}');
    await configs.refresh();
    expect(configs.render(qemu)).toContain("memory: 1");
    expect(configs.render(qemu, { memory: 7 })).toContain("memory: 7");
    await write("devicetype", "own-base", "memory: {{ memory | default(2) }}\n");
    expect(configs.render(qemu)).toContain("memory: 1");
    await configs.refresh();
    expect(configs.render(qemu)).toContain("memory: 2");
    await write("device", "d1", '{% extends "board.jinja2" %}{% set memory = 3 %}');
    await configs.refresh();
    expect(configs.render(qemu, { memory: 7 })).toContain("memory: 3");
    await write("devicetype", "own-base", null);
    await configs.refresh();
    expect(() => configs.render(qemu)).toThrow(/own-base\.jinja2/);
    await write("device", "d1", null);
    await configs.refresh();
    expect(() => configs.render(qemu)).toThrow(expect.objectContaining({ code: "ERR_DEVICE_NO_DICTIONARY" }));
  });

  test("a problem is known until a text changes, then looked for again", async () => {
    const configs = new DeviceConfigs(store);
    await write("device", "d1", '{% extends "nothing.jinja2" %}');
    await configs.refresh();
    expect(await configs.problem(qemu)).toMatch(/nothing\.jinja2/);
    await write("device", "d1", '{% extends "qemu.jinja2" %}');
    await configs.refresh();
    expect(await configs.problem(qemu)).toBeUndefined();
  });

  test("a device may be called as its type", async () => {
    const configs = new DeviceConfigs(store);
    await write("device", "qemu", '{% extends "qemu.jinja2" %}');
    await configs.refresh();
    expect(await configs.problem({ name: "qemu", device_type: "qemu" })).toBeUndefined();
  });

  test("a dictionary may be built on another, as in LAVA's folder", async () => {
    const configs = new DeviceConfigs(store);
    await write("device", "rack", "rack: 4\nmemory: {{ memory | default(1) }}\n");
    await write("device", "d1", '{% extends "rack.jinja2" %}{% set memory = 9 %}');
    await configs.refresh();
    expect(configs.render(qemu)).toBe("rack: 4\nmemory: 9");
  });

  test("the lab's template takes the place of ours of the same name", async () => {
    const configs = new DeviceConfigs(store);
    await write("device", "d1", '{% extends "qemu.jinja2" %}');
    await configs.refresh();
    expect(configs.render(qemu)).not.toBe("mine: true");
    await write("devicetype", "qemu", "mine: true");
    await configs.refresh();
    expect(configs.render(qemu)).toBe("mine: true");
  });

  test("the health check is that of the template's name, whatever the type is called", async () => {
    const configs = new DeviceConfigs(store);
    await write("device", "d1", '{%- extends "board-rev2.jinja2" -%}');
    await write("health-check", "qemu", "wrong");
    await configs.refresh();
    expect(configs.healthCheck(qemu)).toBeUndefined();
    await write("health-check", "board-rev2", "job_name: right");
    await configs.refresh();
    expect(configs.healthCheck(qemu)).toEqual({ name: "board-rev2", text: "job_name: right" });
    await write("health-check", "board-rev2", null);
    await write("health-check", "qemu", null);
    await configs.refresh();
    expect(configs.healthCheck(qemu)).toBeUndefined();
    expect(configs.anyHealthCheck).toBe(false);
  });
});
