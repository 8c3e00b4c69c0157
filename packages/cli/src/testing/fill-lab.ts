import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { localLogStore, type Store, writeDocument } from "@basalt/server";

/** Puts something into every table that a lab fills, with texts that are hard to copy. */
export async function fillLab(store: Store, stateFolder: string, { jobs = 50 } = {}): Promise<void> {
  const odd = "tab\t, newline\n, backslash \\n \\N, quote ' \", \u00e4\u{1f600}\u0001";
  await store.transaction(async (trx) => {
    const [user] = await trx("users")
      .insert({ username: "alice", email: odd, password_hash: "$argon2id$x" })
      .returning("id");
    const [group] = await trx("groups").insert({ name: "kernel" }).returning("id");
    await trx("user_groups").insert({ user_id: user.id, group_id: group.id });
    await trx("user_permissions").insert({ user_id: user.id, codename: "add_worker" });
    await trx("group_permissions").insert({ group_id: group.id, codename: "change_testjob" });
    await trx("tokens").insert({ user_id: user.id, sha256: Buffer.from([0, 10, 92, 255]), description: odd });
    await trx("remote_artifact_tokens").insert({ user_id: user.id, name: "artifacts", token: "secret" });
    await trx("workers").insert({ name: "rack-1", description: odd, last_ping: new Date(1) });
    await trx("device_types").insert({ name: "qemu", cores: ["a,b", 'c"d', ""], bits: 64 });
    await trx("aliases").insert({ name: "vm", device_type: "qemu" });
    const [tag] = await trx("tags").insert({ name: "kvm" }).returning("id");
    await trx("devices").insert({ name: "q1", device_type: "qemu", worker: "rack-1", physical_owner: user.id });
    await trx("device_tags").insert({ device: "q1", tag_id: tag.id });
    await trx("object_permissions").insert({ group_id: group.id, kind: "device", object: "q1", codename: "change" });
    for (const text of ["one", odd, null])
      await writeDocument(trx, { kind: "device", name: "q1", text, author: "alice", reason: odd });
    for (let i = 0; i < jobs; i++) {
      const [job] = await trx("jobs")
        .insert({
          submitter: user.id,
          description: `job ${i}`,
          requested_device_type: "qemu",
          actual_device: "q1",
          state: "Finished",
          definition: odd,
          original_definition: `# ${odd}`,
          metadata: JSON.stringify({ odd, i }),
          tags: ["kvm"],
          log_lines: 2,
        })
        .returning("id");
      await trx("job_viewing_groups").insert({ job_id: job.id, group_id: group.id });
      const [suite] = await trx("test_suites").insert({ job_id: job.id, name: "lava" }).returning("id");
      const [set] = await trx("test_sets").insert({ suite_id: suite.id, name: "set" }).returning("id");
      const result = { suite_id: suite.id, set_id: set.id, result: "pass", metadata: odd };
      await trx("test_cases").insert([
        { ...result, name: odd, measurement: "1.5000000001" },
        { ...result, name: "b" },
      ]);
    }
    await trx("devices").update({ last_health_job: jobs });
  });
  await using logs = localLogStore({ folder: join(stateFolder, "logs") });
  for (let job = 1; job <= jobs; job++) {
    await logs.append(job, { from: 0, count: 2, body: Buffer.from(`- {"job": ${job}}\n- {"msg": "\u00e4"}\n`) });
    if (job % 2 === 0) await logs.seal(job);
    await logs.putText(job, "description.yaml", `- {name: ${job}}\n`);
  }
  mkdirSync(join(stateFolder, "keys/workers.d"), { recursive: true });
  writeFileSync(join(stateFolder, "keys/server.key_secret"), "secret\n", { mode: 0o600 });
  writeFileSync(join(stateFolder, "keys/workers.d/rack-1.key"), "public\n", { mode: 0o644 });
}

/** All rows of all tables, in an order that does not depend on where they lie. */
export async function allRows({ knex }: Store): Promise<Readonly<Record<string, readonly string[]>>> {
  const { rows } = await knex.raw(
    "select table_name as name from information_schema.tables where table_schema = 'public' and table_name not like 'knex%' order by 1",
  );
  const tables: Record<string, readonly string[]> = {};
  for (const { name } of rows as { name: string }[]) {
    const found = await knex.raw("select to_jsonb(t)::text as row from ?? t order by 1", [name]);
    tables[name] = (found.rows as { row: string }[]).map(({ row }) => row);
  }
  return tables;
}

/** Every file under a folder: its mode and content. */
export function allFiles(folder: string): Readonly<Record<string, string>> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = entries.map((entry) => join(entry.parentPath, entry.name)).sort();
  return Object.fromEntries(
    paths.map((path) => [
      relative(folder, path),
      `${(statSync(path).mode & 0o777).toString(8)} ${readFileSync(path).toString("base64")}`,
    ]),
  );
}
