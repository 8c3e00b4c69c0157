import { testStore } from "@basalt/server/testing";
import { afterAll, describe, expect, it, vi } from "vitest";
import { openAdminBench } from "../../testing/admin.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const store = await testStore();
const bench = openAdminBench({ url: store.secretUrl });
afterAll(async () => {
  bench[Symbol.dispose]();
  await store.close();
});
const { admin, json } = bench;

/** Runs a command that must work. @returns what it printed */
async function done(...argv: string[]): Promise<string> {
  const { status, out, err } = await admin(...argv);
  expect({ argv, status, err }).toEqual({ argv, status: 0, err: "" });
  return out;
}

describe("workers, as LAVA's manage has them", () => {
  it("are added, enabled or not, listed, changed and removed", async () => {
    await done("workers", "add", "rack-1", "--description", "first shelf", "--job-limit", "3");
    await done("workers", "add", "--description", "old", "--disabled", "rack-2");
    expect(await json("workers", "list")).toMatchObject([{ name: "rack-1", health: "Active", job_limit: 3 }]);
    expect(await done("workers", "list", "--all")).toMatch(
      /^name {4}state {4}health.*\nrack-1 {2}Offline {2}Active .* 0 of 3 {2}first shelf\nrack-2 .*Retired.*old\n$/,
    );
    await done("workers", "update", "rack-1", "--health", "MAINTENANCE", "--reason", "new disk", "--job-limit", "0");
    expect(await done("workers", "show", "rack-1")).toMatch(/^health {7}Maintenance$/m);
    expect(await done("workers", "history", "rack-1")).toMatch(
      /alice \(basalt admin\) {2}Active → Maintenance \(new disk\)/,
    );
    await done("workers", "update", "rack-1", "--health", "active");
    expect(await admin("workers", "remove", "rack-2")).toMatchObject({
      status: 2,
      err: "basalt: this would remove worker rack-2: say --yes to do it (ERR_ADMIN_CONFIRM)\n",
    });
    await done("workers", "remove", "rack-2", "--yes");
    expect(await store.knex("workers").pluck("name")).toEqual(["rack-1"]);
  });

  it.each([
    [
      ["workers", "show", "rak-1"],
      "there is no worker 'rak-1', did you mean 'rack-1'? 'basalt admin workers list' shows all",
    ],
    [["workers", "update", "elsewhere"], "there is no worker 'elsewhere': 'basalt admin workers list' shows all"],
    [["workers", "add", "a/b"], "a/b"],
    [["workers", "add", "rack 1"], "'rack 1' can't be the name of a worker: 1 to 100 characters, letters, digits"],
    [["tags", "add", "bad tag"], "'bad tag' can't be the name of a tag"],
    [["workers", "add", "rack-1"], "there is a worker 'rack-1' here already"],
    [["workers", "update", "rack-1", "--health", "fine"], "Allowed choices are Active, Maintenance, Retired."],
    [["workers", "update", "rack-1", "--job-limit", "-3"], "Expected a whole number from 0."],
    [["workers", "lst"], "Did you mean list?"],
    [["wrokers"], "Did you mean workers?"],
  ])("%j is refused in words", async (argv, words) => {
    const { status, err, out } = await admin(...argv);
    expect(status).toBe(2);
    expect(err).toContain(words);
    expect(out).toBe("");
  });
});

describe("people", () => {
  it("get a password that is printed once, and can log in with it", async () => {
    const out = await done("users", "add", "bob", "--email", "bob@lab.example", "--staff");
    const password = /^password: (\S+)$/m.exec(out)?.[1] ?? "";
    expect(password).toHaveLength(16);
    const { passwordMatches } = await import("@basalt/server");
    const hash = () => store.knex("users").where({ username: "bob" }).first("password_hash");
    expect(await passwordMatches((await hash()).password_hash, password)).toBe(true);
    expect(JSON.stringify(await store.knex("users").select())).not.toContain(password);
    bench.write("secret", "of my own choice\n");
    expect(await done("users", "passwd", "bob", "--passwd-file", "secret")).not.toContain("of my own choice");
    expect(await passwordMatches((await hash()).password_hash, "of my own choice")).toBe(true);
    expect(await done("users", "add", "carol", "--passwd", "long enough")).not.toContain("long enough");
    expect(await json("users", "add", "dave", "--superuser")).toEqual({
      username: "dave",
      password: expect.any(String),
    });
    expect(await admin("users", "add", "erin", "--passwd", "short")).toMatchObject({ status: 2 });
  });

  it("are changed, listed and removed", async () => {
    await done("users", "update", "dave", "--not-superuser", "--not-active", "--email", "d@lab.example");
    expect(await done("users", "list")).not.toContain("dave");
    expect(await json("users", "show", "dave")).toMatchObject({
      is_superuser: false,
      is_active: false,
      email: "d@lab.example",
    });
    await done("users", "remove", "dave", "--yes");
    expect((await admin("users", "show", "bbo")).err).toContain("did you mean 'bob'?");
  });

  it("are in groups, which have rights on single things", async () => {
    await done("groups", "add", "kernel", "--username", "bob", "carol");
    expect(
      await done("groups", "update", "kernel", "--remove-user", "carol", "--add-permission", "change_testjob"),
    ).toBe("group kernel: bob; on all objects: change_testjob\n");
    expect(await json("groups", "list")).toEqual([
      { id: expect.any(Number), name: "kernel", users: ["bob"], permissions: ["change_testjob"] },
    ]);
    await done("permissions", "grant", "--worker", "rack-1", "--group", "kernel", "--permission", "view");
    expect(await done("groups", "permissions", "kernel")).toBe(
      "permission      object\nchange_testjob  all\nview            worker rack-1\n",
    );
    expect(
      (
        await admin(
          "permissions",
          "grant",
          "--worker",
          "rack-1",
          "--device",
          "x",
          "--group",
          "kernel",
          "--permission",
          "view",
        )
      ).err,
    ).toContain("name one object");
    expect(
      (await admin("permissions", "grant", "--worker", "rack-1", "--group", "kernel", "--permission", "submit_to")).err,
    ).toContain(
      "there is no permission 'submit_to' on a worker: expected one of view, change (ERR_PERMISSION_UNKNOWN)",
    );
    expect(
      (await admin("permissions", "grant", "--device", "x", "--group", "kernl", "--permission", "view")).err,
    ).toContain("did you mean 'kernel'?");
    expect(
      await done("permissions", "revoke", "--worker", "rack-1", "--group", "kernel", "--permission", "view"),
    ).toContain("open to everybody");
    expect(await done("permissions", "list")).toBe("none\n");
  });

  it("have tokens, shown once and kept as hashes", async () => {
    const { out, err } = await admin("tokens", "add", "bob", "--description", "nightly");
    expect(out).toMatch(/^[0-9a-z]{128}\n$/);
    expect(err).toMatch(/^token \d+ of bob; it is shown this once/);
    const { sha256 } = await import("@basalt/server");
    const [row] = await store.knex("tokens").select("id", "sha256");
    expect(row.sha256.equals(sha256(out.trim()))).toBe(true);
    expect(await done("tokens", "list", "bob")).toMatch(/nightly .*never/);
    await done("tokens", "rm", String(row.id), "--yes");
    expect(await store.knex("tokens").select()).toEqual([]);
  });
});

describe("types, tags and devices", () => {
  it("are added and changed", async () => {
    await done(
      "device-types",
      "add",
      "qemu",
      "--health-frequency",
      "12",
      "--health-denominator",
      "jobs",
      "--alias",
      "vm",
      "--no-health-checks",
    );
    await done("device-types", "update", "qemu", "--job-limit", "4", "--alias", "virtual", "--health-checks");
    expect(await json("device-types", "show", "qemu")).toMatchObject({
      health_frequency: 12,
      health_denominator: "jobs",
      job_limit: 4,
      aliases: ["virtual", "vm"],
      disable_health_check: false,
      display: true,
    });
    await done("device-types", "aliases", "qemu", "--remove", "vm");
    expect(await done("device-types", "aliases", "qemu")).toBe("alias\nvirtual\n");
    await done("tags", "add", "kvm", "can virtualise");
    await done("tags", "add", "fast");
    const out = await done("devices", "add", "q1", "--device-type", "qemu", "--worker", "rack-1", "--tags", "kvm,fast");
    expect(out).toContain("no job runs on it without a dictionary");
    expect(await json("devices", "show", "q1")).toMatchObject({
      health: "Unknown",
      worker: "rack-1",
      tags: ["fast", "kvm"],
    });
    expect(await done("tags", "device", "q1", "--remove", "fast")).toBe("q1: kvm\n");
    expect(await done("tags", "list")).toMatch(/kvm .*can virtualise {2}q1/);
    expect(await done("devices", "list", "--worker", "rack-1")).toMatch(
      /^q1 {4}qemu {2}rack-1 {2}Idle {3}Unknown {7}kvm {3}none$/m,
    );
  });

  it("have an owner, and somebody with physical access: one user or one group (seed 2)", async () => {
    await done("devices", "update", "q1", "--owner", "bob", "--physical-user", "bob");
    expect(await json("devices", "show", "q1")).toMatchObject({
      owner: ["bob"],
      physical_owner: "bob",
      physical_group: null,
    });
    expect(await done("devices", "update", "q1", "--group", "kernel", "--physical-group", "kernel")).toContain(
      "bob does not own q1 any more",
    );
    expect(await json("devices", "show", "q1")).toMatchObject({
      owner: ["kernel"],
      permissions: ["kernel: change"],
      physical_owner: null,
      physical_group: "kernel",
    });
    await done("devices", "update", "q1", "--physical-group", "-", "--worker", "-");
    expect(await json("devices", "show", "q1")).toMatchObject({ physical_group: null, worker: null });
    await done("devices", "update", "q1", "--worker", "rack-1", "--health", "good", "--reason", "tried by hand");
    expect(await done("devices", "history", "q1")).toContain("Unknown → Good (tried by hand)");
  });

  it.each([
    [["devices", "add", "q2", "--device-type", "qmeu"], "there is no device type 'qmeu', did you mean 'qemu'?"],
    [["devices", "update", "q1", "--worker", "rack1"], "there is no worker 'rack1', did you mean 'rack-1'?"],
    [["devices", "update", "q1", "--tags", "kmv"], "there is no tag 'kmv', did you mean 'kvm'?"],
    [
      ["devices", "update", "q1", "--owner", "bob", "--group", "kernel"],
      "cannot be used with option '--group <group>'",
    ],
    [["devices", "dictionary", "q1", "nowhere.jinja2"], "can't read nowhere.jinja2: there is no such file"],
    [["devices", "add", "q 3", "--device-type", "qemu"], "'q 3' can't be the name of a device"],
    [["devices", "add", "q3"], "required option '--device-type <type>' not specified"],
    [["devices", "remove", "q1"], "this would remove device q1 and its dictionary"],
  ])("%j is refused in words", async (argv, words) => {
    const { status, err } = await admin(...argv);
    expect(status).toBe(2);
    expect(err).toContain(words);
  });
});

describe("jobs", () => {
  const job =
    "job_name: a job\ndevice_type: qemu\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions:\n- command: {name: x}\n";

  it("are submitted for somebody, shown and canceled", async () => {
    bench.write(
      "job.yaml",
      job.replace(
        /- command.*/,
        "- deploy: {to: tmpfs, timeout: {minutes: 1}, images: {rootfs: {image_arg: '-drive file={rootfs}', url: 'http://x/y'}}}",
      ),
    );
    bench.write("bad.yaml", "job_name: [\n");
    expect((await admin("jobs", "submit", "bad.yaml", "--submitter", "bob")).err).toMatch(
      /job:2:1: cannot be read as YAML/,
    );
    expect((await admin("jobs", "submit", "job.yaml", "--submitter", "boob")).err).toContain("did you mean 'bob'?");
    const { ids } = await json<{ ids: string[] }>("jobs", "submit", "job.yaml", "--submitter", "bob");
    expect(ids).toHaveLength(1);
    expect(await done("jobs", "list", "--submitter", "bob")).toMatch(/Submitted .*qemu .*bob .*a job/);
    expect(await done("jobs", "list", "--state", "finished")).toBe("none\n");
    expect(await done("jobs", "show", String(ids[0]))).toMatch(/^submitter +bob$/m);
    expect(await done("jobs", "show", String(ids[0]), "--definition")).toContain("device_type: qemu");
    expect(await admin("jobs", "fail", String(ids[0]), "--yes")).toMatchObject({ status: 2 });
    await done("jobs", "cancel", String(ids[0]), "--reason", "changed my mind");
    expect(await done("jobs", "list", "--state", "finished")).toContain("Canceled");
    expect(await done("jobs", "cancel", String(ids[0]))).toContain("had ended already");
  });

  it("have their logs packed where no server came to it", async () => {
    const { localLogStore } = await import("@basalt/server");
    const { join } = await import("node:path");
    const [{ id }] = await store.knex("jobs").orderBy("id").select("id");
    const folder = join(bench.stateFolder, "logs");
    await using logs = localLogStore({ folder });
    const body = Buffer.from("- {lvl: info}\n- {lvl: info}\n");
    await logs.append(id, { from: 0, count: 2, body });
    await store
      .knex("jobs")
      .where({ id })
      .update({ log_lines: 3, end_time: new Date(0) });
    expect(await done("jobs", "compress")).toContain(
      "left alone, its log has 2 lines here, and results were read of 3",
    );
    await store.knex("jobs").where({ id }).update({ log_lines: 2 });
    expect(await done("jobs", "compress", "--dry-run")).toBe("1 log would be packed\n");
    expect(await done("jobs", "compress")).toBe("1 log packed\n");
    expect(await store.knex("jobs").where({ id }).first("log_sealed")).toEqual({ log_sealed: true });
    await using again = localLogStore({ folder });
    expect(await again.range(id, 0, 9)).toEqual(body);
    expect(await done("jobs", "compress")).toBe("0 logs packed\n");
  });
});

it("init makes a first superuser, once", async () => {
  expect(await json("init", "--superuser", "root")).toEqual({ username: "root", password: expect.any(String) });
  expect(await done("init")).toContain("there is a superuser already: root");
});

it("refuses passwords on the command line, and instances that are none", async () => {
  const { err, out } = await admin("workers", "list", "--database-url", "postgres://basalt:hunter22@db.lab/basalt");
  expect(err).toContain("--database-url has a password");
  expect(out + err).not.toContain("hunter22");
  using empty = openAdminBench();
  expect((await empty.admin("workers", "list")).err).toMatch(/there is no instance in .*basalt admin init/);
  await using bare = await testStore({ empty: true });
  using other = openAdminBench({ url: bare.secretUrl });
  expect((await other.admin("workers", "list")).err).toMatch(/is empty: 'basalt admin init'/);
});

it("tells what a database of another version needs", async () => {
  await store.knex("knex_migrations").insert({ name: "9999-future", batch: 9, migration_time: new Date() });
  expect((await admin("workers", "list")).err).toContain("is of a newer Basalt");
  await store.knex("knex_migrations").where({ name: "9999-future" }).delete();
});

it("every command has help", async () => {
  const words = (text: string): string[] => {
    const list = /^Commands:\n((?: .*\n)+)/m.exec(text)?.[1] ?? "";
    return [...list.matchAll(/^ {2}([\w-]+)/gm)].map((match) => match[1] ?? "").filter((name) => name !== "help");
  };
  const groups = words(await done("--help"));
  expect(groups).toEqual(
    expect.arrayContaining([
      "workers",
      "devices",
      "device-types",
      "users",
      "groups",
      "tokens",
      "tags",
      "jobs",
      "keys",
      "check",
      "backup",
      "restore",
    ]),
  );
  for (const group of groups)
    for (const command of words(await done(group, "--help")))
      expect(await done(group, command, "--help")).toContain(`Usage: basalt admin ${group} ${command}`);
});
