import type { JsonObject } from "@basalt/core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { JobRow } from "../store/rows.js";
import { definition, openSubmitLab, type SubmitLab } from "../testing/submit-lab.js";

let lab: SubmitLab;
beforeAll(async () => {
  lab = await openSubmitLab();
});
afterAll(() => lab.store.close());
beforeEach(() => lab.store.knex("jobs").delete());

describe("a MultiNode job", () => {
  const roles = {
    server: { device_type: "qemu", count: 1, device: "d2", tags: ["usb"], essential: true, environment: { A: "1" } },
    client: { device_type: "emulator", count: 2, context: { memory: 64 }, timeout: { minutes: 3 } },
    guest: { connection: "ssh", count: 1, host_role: "server", expect_role: "server", request: "lava_start" },
  };
  const group = (more: JsonObject = {}, changed: JsonObject = {}): JsonObject => {
    const { device_type: _type, ...rest } = definition();
    return {
      ...rest,
      priority: "low",
      metadata: { of: "all" },
      secrets: { key: "s" },
      protocols: { "lava-multinode": { roles: { ...roles, ...changed }, timeout: { minutes: 9 } } },
      actions: [
        { command: { name: "all", role: ["server", "client", "guest"] } },
        { command: { name: "server", role: ["server"] } },
      ],
      ...more,
    };
  };
  const send = (job: JsonObject) => lab.submit(JSON.stringify(job));

  test("becomes one job for each member, split as the reference says", async () => {
    const { jobs: ids, ids: names } = await send(group());
    const rows = await lab.jobs();
    expect(rows.map(({ id }) => id)).toEqual(ids);
    expect(names).toEqual([0, 1, 2, 3].map((index) => `${ids[0]}.${index}`));
    expect(rows.map(({ sub_id }) => sub_id)).toEqual(names);
    expect(new Set(rows.map(({ target_group }) => target_group)).size).toBe(1);
    const shared = { job_name: "a test", timeouts: definition().timeouts, priority: "low", visibility: "public" };
    const more = { metadata: { of: "all" }, secrets: { key: "s" } };
    const protocol = { timeout: { minutes: 9 }, target_group: rows[0]?.target_group, group_size: 4, roles: {} };
    const all = (role: string) => ({ command: { name: "all", role } });
    expect(rows.map(({ definition: text }) => parse(text))).toEqual([
      {
        ...shared,
        ...more,
        device_type: "qemu",
        environment: { A: "1" },
        protocols: {
          "lava-multinode": {
            ...protocol,
            device: "d2",
            tags: ["usb"],
            essential: true,
            environment: { A: "1" },
            role: "server",
            sub_id: 0,
          },
        },
        actions: [all("server"), { command: { name: "server", role: "server" } }],
      },
      ...[1, 2].map((sub_id) => ({
        ...shared,
        ...more,
        device_type: "emulator",
        context: { memory: 64 },
        protocols: { "lava-multinode": { ...protocol, timeout: { minutes: 3 }, role: "client", sub_id } },
        actions: [all("client")],
      })),
      {
        ...shared,
        ...more,
        connection: "ssh",
        host_role: "server",
        protocols: {
          "lava-multinode": {
            ...protocol,
            expect_role: "server",
            request: "lava_start",
            role: "guest",
            sub_id: 3,
          },
        },
        actions: [all("guest")],
      },
    ]);
    expect(
      rows.map(({ role, essential, host_role, requested_device_type, requested_device, tags, priority }) => ({
        role,
        essential,
        host_role,
        requested_device_type,
        requested_device,
        tags,
        priority,
      })),
    ).toEqual([
      {
        role: "server",
        essential: true,
        host_role: null,
        requested_device_type: "qemu",
        requested_device: "d2",
        tags: ["usb"],
        priority: 0,
      },
      {
        role: "client",
        essential: false,
        host_role: null,
        requested_device_type: "qemu",
        requested_device: null,
        tags: [],
        priority: 0,
      },
      {
        role: "client",
        essential: false,
        host_role: null,
        requested_device_type: "qemu",
        requested_device: null,
        tags: [],
        priority: 0,
      },
      {
        role: "guest",
        essential: false,
        host_role: "server",
        requested_device_type: null,
        requested_device: null,
        tags: [],
        priority: 0,
      },
    ]);
    expect(rows.map(({ compatibility }) => compatibility)).toEqual([3, 3, 3, null]);
    expect(
      rows.every(({ multinode_definition, original_definition }) => multinode_definition === original_definition),
    ).toBe(true);
  });

  test.each<[string, JsonObject, RegExp]>([
    ["a member whose type is not there", { client: { device_type: "none", count: 2 } }, /none/],
    ["a member whose tag no device has", { client: { device_type: "qemu", count: 1, tags: ["nope"] } }, /nope/],
    [
      "a member whose device is not for this person",
      { client: { device_type: "qemu", count: 1, device: "closed" } },
      /may not submit/,
    ],
    ["a host of two devices", { server: { device_type: "qemu", count: 2 } }, /server/],
    ["a host that is no role", { guest: { ...roles.guest, host_role: "none" } }, /none/],
    ["more members than any lab has devices", { client: { device_type: "qemu", count: 5_000 } }, /5002/],
  ])("with %s is refused as a whole", async (_what, changed, message) => {
    await expect(send(group({}, changed))).rejects.toMatchObject({
      kind: "job",
      message: expect.stringMatching(message),
    });
    expect(await lab.jobs()).toEqual([]);
  });

  test("without any member is refused", async () => {
    const protocols = { "lava-multinode": { roles: { client: { device_type: "qemu", count: 0 } } } };
    await expect(
      send(group({ protocols, actions: [{ command: { name: "x", role: ["client"] } }] })),
    ).rejects.toMatchObject({
      code: "ERR_JOB_MULTINODE",
    });
  });

  test("whose group is named by the submitter is refused: it could speak to another's", async () => {
    const [first] = (await send(group())).jobs;
    const row = await lab.store
      .knex<JobRow>("jobs")
      .where({ id: first as number })
      .first();
    await expect(lab.submit(row?.definition ?? "")).rejects.toMatchObject({ code: "ERR_JOB_MULTINODE" });
  });

  test("that the database refuses half way leaves nothing", async () => {
    await lab.store.knex.raw("alter table jobs add constraint no_guest check (role is distinct from 'guest')");
    await expect(send(group())).rejects.toThrow(/no_guest/);
    await lab.store.knex.raw("alter table jobs drop constraint no_guest");
    expect(await lab.jobs()).toEqual([]);
  });
});
