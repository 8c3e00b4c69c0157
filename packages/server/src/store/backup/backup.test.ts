import { appendFileSync, createWriteStream, renameSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { gunzipSync, gzipSync } from "node:zlib";
import * as tar from "tar-stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { debianPostgres, hasDebianPostgres } from "../../testing/debian-postgres.js";
import { testStore } from "../../testing/test-store.js";
import { parseAddress } from "../address.js";
import { connectStore } from "../open-store.js";
import type { Store } from "../store.js";
import { backupDatabase } from "./backup-database.js";
import { tablesOf } from "./catalog.js";
import type { Progress } from "./progress.js";
import { restoreArchive } from "./restore-archive.js";
import { restoreDatabase } from "./restore-database.js";
import { unpackArchive } from "./unpack-archive.js";
import { writeArchive } from "./write-archive.js";

let top: string;
let lab: Store;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "basalt-backup-"));
  lab = await testStore();
  await fillLab(lab);
});
afterAll(async () => {
  await lab.close();
  await rm(top, { recursive: true, force: true });
});

const newFolder = () => mkdtemp(join(top, "f-"));
const odd = "tab\t newline\n backslash \\ \\N quote ' \" umlaut ä 電 \u{1f30b}";

/** Rows that refer to each other in a circle, and values that a careless format would spoil. */
async function fillLab({ knex }: Store): Promise<void> {
  const [user] = await knex("users").insert({ username: "joe", first_name: odd }).returning("id");
  await knex("tokens").insert({ user_id: user.id, sha256: Buffer.from([0, 9, 10, 92, 255]), description: "" });
  await knex("workers").insert({ name: "worker-1" });
  await knex("device_types").insert({ name: "qemu", cores: ["a,b", 'c"d', "{}"] });
  await knex("devices").insert({ name: "virt01", device_type: "qemu", worker: "worker-1" });
  const jobs = Array.from({ length: 50 }, (_, index) => ({
    submitter: user.id,
    description: `job ${index}`,
    requested_device_type: "qemu",
    actual_device: index === 0 ? "virt01" : null,
    definition: odd,
    original_definition: odd,
    metadata: JSON.stringify({ text: odd, list: [1, null, true] }),
    state: index === 0 ? "Running" : "Finished",
    submit_time: "2026-03-01 10:00:00.123456+05:30",
  }));
  const ids = await knex("jobs").insert(jobs).returning("id");
  await knex("devices").update({ last_health_job: ids[1].id });
  await knex("jobs").where({ id: ids[2].id }).update({ resubmit_of: ids[40].id });
  const [suite] = await knex("test_suites").insert({ job_id: ids[0].id, name: "lava" }).returning("id");
  await knex("test_cases").insert([
    { suite_id: suite.id, name: "measured", result: "pass", measurement: "0.1000000001" },
    { suite_id: suite.id, name: "not measured", result: "skip" },
  ]);
}

/** All rows of all tables as the database writes them. */
async function contents(store: Store): Promise<Record<string, unknown>> {
  const client = {
    query: async (text: string, values: unknown[] = []) => store.knex.raw(text.replace("$1", "?"), values as never),
  };
  const all: Record<string, unknown> = {};
  for (const { name } of await tablesOf(client)) {
    const { rows } = await store.knex.raw("select t::text as row from ?? t order by 1", [name]);
    all[name] = rows.map(({ row }: { row: string }) => row);
  }
  return all;
}

const connect = (url: string, migrate = false) => connectStore({ address: parseAddress(url), migrate });

describe("a backup of the database", () => {
  it("restores every row, and new rows get new numbers", async () => {
    const folder = await newFolder();
    const told: Progress[] = [];
    const manifest = await backupDatabase(lab, folder, { onProgress: (progress) => told.push(progress) });
    expect(manifest.tables.find(({ name }) => name === "jobs")).toMatchObject({ rows: 50 });
    expect(told.map(({ name }) => name)).toEqual(manifest.tables.map(({ name }) => name));
    await using empty = await testStore({ empty: true });
    await restoreDatabase(empty, folder);
    expect(await contents(empty)).toEqual(await contents(lab));
    const highest = (await empty.knex("jobs").max("id as id").first())?.id;
    const [user] = await empty.knex("users").where({ username: "joe" });
    const job = { submitter: user.id, description: "new", definition: "", original_definition: "" };
    expect((await empty.knex("jobs").insert(job).returning("id"))[0].id).toBe(highest + 1);
    // the foreign keys are back
    await expect(empty.knex("devices").insert({ name: "x", device_type: "no-such-type" })).rejects.toThrow(
      "foreign key",
    );
  });

  it("is of one moment, though servers go on writing", async () => {
    await using busy = await testStore();
    await busy.knex("tags").insert({ name: "0", description: "0" });
    const folder = await newFolder();
    const stop = new AbortController();
    let pairs = 0;
    const writer = (async () => {
      while (!stop.signal.aborted) {
        // in one transaction: a backup has both or none of them
        await busy.transaction(async (trx) => {
          await trx("aliases").delete();
          await trx("failure_tags").insert({ name: `n${pairs}` });
          await trx("tags").insert({ name: `n${pairs}` });
        });
        pairs++;
      }
    })();
    const manifest = await backupDatabase(busy, folder, {
      // between tables the writer goes on
      onProgress: ({ name }) => name === "jobs" && expect(pairs).toBeGreaterThan(0),
    });
    stop.abort();
    await writer;
    const rows = (table: string) => manifest.tables.find(({ name }) => name === table)?.rows ?? -1;
    expect(rows("tags")).toBe(rows("failure_tags") + 1);
  });

  it("is not restored over other data unless told so", async () => {
    const folder = await newFolder();
    await backupDatabase(lab, folder);
    await using other = await testStore();
    await other.knex("tags").insert({ name: "mine" });
    await expect(restoreDatabase(other, folder)).rejects.toMatchObject({ code: "ERR_RESTORE_NOT_EMPTY" });
    expect(await other.knex("tags").pluck("name")).toEqual(["mine"]);
    await restoreDatabase(other, folder, { replace: true });
    expect(await contents(other)).toEqual(await contents(lab));
    await using fresh = await testStore();
    await restoreDatabase(fresh, folder);
    expect(await contents(fresh)).toEqual(await contents(lab));
  });

  it("is restored neither over a stranger's tables nor under a running server", async () => {
    const folder = await newFolder();
    await backupDatabase(lab, folder);
    await using stranger = await testStore({ empty: true });
    await stranger.knex.raw("create table accounts (id int)");
    const replace = { replace: true };
    await expect(restoreDatabase(stranger, folder, replace)).rejects.toMatchObject({ code: "ERR_RESTORE_FOREIGN" });
    await using server = await testStore();
    await server.listen("basalt_jobs", () => {});
    await expect(restoreDatabase(server, folder, replace)).rejects.toMatchObject({ code: "ERR_RESTORE_IN_USE" });
  });

  it("that is damaged changes nothing", async () => {
    const folder = await newFolder();
    await backupDatabase(lab, folder);
    const path = join(folder, "tables", "users.copy.gz");
    const good = await readFile(path);
    await using target = await testStore({ empty: true });
    const attempt = async (content: Buffer) => {
      await writeFile(path, content);
      await expect(restoreDatabase(target, folder)).rejects.toMatchObject({
        code: "ERR_BACKUP_DAMAGED",
        details: { table: "users" },
      });
      expect(await contents(target)).toEqual({});
    };
    await attempt(good.subarray(0, good.length - 20));
    await attempt(gzipSync(gunzipSync(good).toString().replace("joe", "eve")));
    await attempt(gzipSync("not\ta\trow\n"));
    await writeFile(path, good);
    await restoreDatabase(target, folder);
    expect(await contents(target)).toEqual(await contents(lab));
  });

  it.each([
    ["a newer format", { format: 2 }, "ERR_BACKUP_NEWER"],
    ["a newer Basalt", { migrations: ["0001-first", "0042-later"] }, "ERR_BACKUP_NEWER"],
    ["no format", { format: undefined }, "ERR_BACKUP_FORMAT"],
    ["a name that is no name", { sequences: [{ name: "x'; drop table users; --", value: 1 }] }, "ERR_BACKUP_FORMAT"],
  ])("of %s is refused", async (_, change, code) => {
    const folder = await newFolder();
    const manifest = await backupDatabase(lab, folder);
    await writeFile(join(folder, "manifest.json"), JSON.stringify({ ...manifest, ...change }));
    await using target = await testStore({ empty: true });
    await expect(restoreDatabase(target, folder)).rejects.toMatchObject({ code });
  });

  it.skipIf(!hasDebianPostgres(15))(
    "goes from 18 to Debian's PostgreSQL 15 and back (needs /usr/lib/postgresql/15/bin)",
    async () => {
      await using debian = await debianPostgres(15);
      await using old = await connect(debian.url);
      expect(lab.serverVersion).toMatch(/^18\./);
      expect(old.serverVersion).toMatch(/^15\./);
      const there = await newFolder();
      await backupDatabase(lab, there);
      await restoreDatabase(old, there);
      expect(await contents(old)).toEqual(await contents(lab));
      const back = await newFolder();
      expect((await backupDatabase(old, back)).tables).toEqual((await backupDatabase(lab, await newFolder())).tables);
      await using again = await testStore({ empty: true });
      await restoreDatabase(again, back);
      expect(await contents(again)).toEqual(await contents(lab));
      // and a server opens what was restored
      await using opened = await connect(debian.url, true);
      expect(await opened.knex("jobs").where({ state: "Running" }).pluck("actual_device")).toEqual(["virt01"]);
    },
  );
});

describe("an archive", () => {
  async function instance() {
    const folder = await newFolder();
    const long = join("logs", "0", "a".repeat(120));
    for (const name of ["keys/workers.d", long, "logs/empty", "tmp"])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, "keys", "server.key_secret"), "secret", { mode: 0o600 });
    await writeFile(join(folder, "logs", "0", "output.yaml"), "- {}\n");
    await writeFile(join(folder, long, "output.yaml.zst"), Buffer.alloc(3_000_000, 7));
    await writeFile(join(folder, "logs", "draft.tmp"), "no");
    const folders = [
      { name: "logs", path: join(folder, "logs"), skip: (path: string) => path.endsWith(".tmp") },
      { name: "keys", path: join(folder, "keys") },
      { name: "files", path: join(folder, "no-such-folder") },
    ];
    return { folder, folders, long, workFolder: join(folder, "tmp") };
  }

  it("takes the database and folders, and puts them back", async () => {
    const { folder, folders, long, workFolder } = await instance();
    const to = join(folder, "backup.tar");
    await writeArchive(lab, { to, folders, workFolder });
    expect((await stat(to)).mode & 0o777).toBe(0o600);
    expect(await readdir(workFolder)).toEqual([]);
    await using target = await testStore({ empty: true });
    const state = await newFolder();
    await mkdir(join(state, "tmp"));
    const done = await restoreArchive(target, to, {
      folders: { logs: join(state, "logs"), keys: join(state, "keys") },
      workFolder: join(state, "tmp"),
    });
    expect(done).toMatchObject({ folders: [join(state, "logs"), join(state, "keys")], setAside: [] });
    expect(await contents(target)).toEqual(await contents(lab));
    expect((await readFile(join(state, long, "output.yaml.zst"))).equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    expect(await readFile(join(state, "logs", "0", "output.yaml"), "utf8")).toBe("- {}\n");
    expect((await stat(join(state, "keys", "server.key_secret"))).mode & 0o777).toBe(0o600);
    expect((await readdir(join(state, "logs"))).sort()).toEqual(["0"]);
    expect(await readdir(join(state, "tmp"))).toEqual([]);
  });

  it("refuses folders that are not empty, or sets them aside when told", async () => {
    const { folder, folders, workFolder } = await instance();
    const to = join(folder, "backup.tar");
    await writeArchive(lab, { to, folders, workFolder });
    await using target = await testStore({ empty: true });
    const options = { folders: { keys: join(folder, "keys") }, workFolder };
    await expect(restoreArchive(target, to, options)).rejects.toMatchObject({ code: "ERR_RESTORE_NOT_EMPTY" });
    expect(await contents(target)).toEqual({});
    await writeFile(join(folder, "keys", "server.key_secret"), "another");
    const { setAside } = await restoreArchive(target, to, { ...options, replace: true });
    expect(await readFile(join(folder, "keys", "server.key_secret"), "utf8")).toBe("secret");
    expect(await readFile(join(setAside[0]!, "server.key_secret"), "utf8")).toBe("another");
  });

  it("copes with logs that grow and are compressed while it is written", async () => {
    const { folder, folders, workFolder, long } = await instance();
    const growing = join(folder, long, "output.yaml.zst");
    const log = join(folder, "logs", "0", "output.yaml");
    // asked for each name after the folder was listed, before the file is opened
    const skip = (path: string): boolean => {
      if (path === "0/output.yaml") renameSync(log, `${log}.zst`);
      return false;
    };
    const chunks: Buffer[] = [];
    const to = new Writable({
      write(chunk: Buffer, _encoding, done) {
        appendFileSync(growing, "more");
        chunks.push(chunk);
        done();
      },
    });
    await writeArchive(lab, { to, folders: [{ ...folders[0]!, skip }], workFolder });
    const archive = join(folder, "backup.tar");
    await writeFile(archive, Buffer.concat(chunks));
    const into = await newFolder();
    await unpackArchive(archive, into, { signal: undefined, onProgress: undefined });
    const logs = join(into, "folders", "logs", "0");
    expect((await readdir(logs)).sort()).toEqual(["a".repeat(120), "output.yaml.zst"]);
    const taken = await readFile(join(into, "folders", long, "output.yaml.zst"));
    expect(taken.length).toBeGreaterThan(3_000_000);
    expect((await stat(growing)).size).toBeGreaterThan(taken.length);
  });

  it.each([
    ["is cut short", async (path: string) => truncate(path, (await stat(path)).size - 2_000), "ERR_BACKUP_DAMAGED"],
    ["is cut in the middle", async (path: string) => truncate(path, 40_000), "ERR_BACKUP_DAMAGED"],
    ["is something else", (path: string) => writeFile(path, "hello"), "ERR_BACKUP_FORMAT"],
    ["is empty", (path: string) => writeFile(path, ""), "ERR_BACKUP_FORMAT"],
    ["leads out of its folder", (path: string) => evil(path, { name: "folders/../../evil" }), "ERR_BACKUP_DAMAGED"],
    [
      "has a link",
      (path: string) => evil(path, { name: "folders/logs", type: "symlink", linkname: "/etc" }),
      "ERR_BACKUP_DAMAGED",
    ],
  ])("that %s is refused", async (_, spoil, code) => {
    const { folder, folders, workFolder } = await instance();
    const to = join(folder, "backup.tar");
    await writeArchive(lab, { to, folders, workFolder });
    await spoil(to);
    await using target = await testStore({ empty: true });
    const attempt = restoreArchive(target, to, { folders: {}, workFolder });
    await expect(attempt).rejects.toMatchObject({ code });
    expect(await contents(target)).toEqual({});
    expect(await readdir(workFolder)).toEqual([]);
  });

  async function evil(path: string, header: { name: string; type?: "symlink"; linkname?: string }): Promise<void> {
    const pack = tar.pack();
    pack.entry({ name: "basalt-backup.json" }, JSON.stringify({ format: 1, createdAt: "", folders: [] }));
    pack.entry(header, header.type ? "" : "evil");
    pack.entry({ name: "basalt-backup.end" }, "complete\n");
    pack.finalize();
    await pipeline(pack as never, createWriteStream(path));
  }

  it("that can't be written says so and leaves nothing", async () => {
    const { folder, folders, workFolder } = await instance();
    const to = join(folder, "no-such-folder", "backup.tar");
    await expect(writeArchive(lab, { to, folders, workFolder })).rejects.toMatchObject({
      code: "ERR_BACKUP_WRITE",
      message: expect.stringContaining(to),
    });
    expect(await readdir(workFolder)).toEqual([]);
  });

  it("can be given up", async () => {
    const { folder, folders, workFolder } = await instance();
    const stop = new AbortController();
    const reason = new Error("given up");
    const to = join(folder, "backup.tar");
    const onProgress = ({ kind }: Progress) => kind === "file" && stop.abort(reason);
    await expect(writeArchive(lab, { to, folders, workFolder, signal: stop.signal, onProgress })).rejects.toBe(reason);
    expect((await readdir(folder)).sort()).toEqual(["keys", "logs", "tmp"]);
    expect(await readdir(workFolder)).toEqual([]);
  });
});
