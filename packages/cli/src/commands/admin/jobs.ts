import { configurationError, systemClock } from "@basalt/core";
import type { Filter, JobRow, JobView } from "@basalt/server";
import { type Command, Option } from "commander";
import { addGroup, examples, type Runners } from "./group.js";
import { moment } from "./output.js";
import type { Admin } from "./session.js";
import { readTextFile } from "./text-file.js";
import { oneOf, wholeNumber } from "./values.js";

interface ListOptions {
  readonly state?: string;
  readonly submitter?: string;
  readonly device?: string;
  readonly limit: number;
}

const filter = (field: string, value: string | undefined): readonly Filter[] =>
  value === undefined ? [] : [{ field: field.split("__"), lookup: "exact", value }];

async function list(admin: Admin, { state, submitter, device, limit }: ListOptions): Promise<void> {
  const { services, asker, out } = admin;
  if (submitter !== undefined) await admin.mustBeKnown("user", submitter);
  if (device !== undefined) await admin.mustBeKnown("device", device);
  const filters = [
    ...filter("state", state),
    ...filter("submitter__username", submitter),
    ...filter("actual_device", device),
  ];
  const { items, count } = await services.jobs.list(asker, { filters, limit, ordering: "-id" });
  const { paint } = out;
  await out.list(items, {
    id: ({ public_id }) => public_id,
    state: ({ state: now }) => now,
    health: ({ health }) =>
      health === "Complete"
        ? { text: health, paint: paint.green }
        : health === "Incomplete"
          ? { text: health, paint: paint.red }
          : health,
    device: ({ actual_device, requested_device_type }) => actual_device ?? requested_device_type ?? "",
    submitter: ({ submitter: who }) => who,
    submitted: ({ submit_time }) => moment(submit_time),
    name: ({ description }) => description,
  });
  if (count > items.length && !out.json) out.say(`${count - items.length} more: --limit ${count}`);
}

const facts = (job: JobView): object => {
  const { definition: _, original_definition: __, multinode_definition: ___, metadata, ...rest } = job;
  return { ...rest, metadata: Object.keys(metadata).length > 0 ? metadata : null };
};

async function submit(admin: Admin, file: string, { submitter }: { readonly submitter: string }): Promise<void> {
  const { store, services, out, io } = admin;
  await admin.mustBeKnown("user", submitter);
  const { readPeople } = await import("@basalt/server");
  const { id } = (await store.knex("users").where({ username: submitter }).first("id")) as { id: number };
  const person = (await readPeople(store.knex, [id])).get(id);
  if (!person)
    throw configurationError(
      "ERR_ADMIN_UNKNOWN",
      `user ${submitter} is not active: 'basalt admin users update ${submitter} --active'`,
    );
  const { ids, warnings } = await services.jobs.submit(person, await readTextFile(io, file));
  if (out.json) return out.show({ ids, warnings });
  for (const warning of warnings) out.say(warning);
  for (const job of ids) out.say(`job ${job} is in the queue`);
}

async function end(admin: Admin, how: "cancel" | "fail", { id, reason }: { id: string; reason: string | undefined }) {
  const { services, asker, out } = admin;
  if (how === "fail") {
    admin.mustBeConfirmed(`end job ${id} as Incomplete and free its device, whatever its worker does with it`);
    const done = await services.jobs.fail(asker, id, reason ?? "failed by an admin");
    out.say(done ? `job ${id} is Incomplete` : `job ${id} had ended already`);
    return;
  }
  const done = await services.jobs.cancel(asker, id, reason);
  out.say(done ? `job ${id} is being canceled` : `job ${id} had ended already, or is being canceled`);
}

/** A server packs the log of a job that ends: jobs that ended a moment ago are left to it. */
const settledMs = 60_000;

async function compress(
  { store, io, out, settings }: Admin,
  { dryRun = false }: { readonly dryRun?: boolean },
): Promise<void> {
  const [{ localLogStore }, { join }] = await Promise.all([import("@basalt/server"), import("node:path")]);
  await using logs = localLogStore({ folder: join(settings.stateFolder, "logs") });
  const before = new Date((io.clock ?? systemClock).now() - settledMs);
  const rows = await store
    .knex<JobRow>("jobs")
    .where({ state: "Finished", log_sealed: false })
    .where("log_lines", ">", 0)
    .where("end_time", "<", before)
    .orderBy("id")
    .select("id", "log_lines");
  let packed = 0;
  for (const { id, log_lines } of rows) {
    const there = await logs.count(id);
    if (there !== log_lines) {
      out.say(`job ${id}: left alone, its log has ${there} lines here, and results were read of ${log_lines}`);
      continue;
    }
    packed++;
    if (dryRun) continue;
    await logs.seal(id);
    await store.knex<JobRow>("jobs").where({ id }).update({ log_sealed: true });
  }
  out.say(`${packed} ${packed === 1 ? "log" : "logs"} ${dryRun ? "would be " : ""}packed`);
}

/** `basalt admin jobs` */
export function addJobs(admin: Command, { run }: Runners): void {
  const group = addGroup(admin, "jobs", "the queue, and what ran").addHelpText(
    "after",
    examples("jobs list --state running", "jobs submit job.yaml --submitter alice", "jobs fail 12 --yes"),
  );
  group
    .command("list")
    .description("newest first")
    .option(
      "--state <state>",
      "only of this state",
      oneOf(["Submitted", "Scheduling", "Scheduled", "Running", "Canceling", "Finished"]),
    )
    .option("--submitter <user>", "only of this user")
    .option("--device <name>", "only on this device")
    .addOption(new Option("--limit <number>", "how many").argParser(wholeNumber(1)).default(25))
    .action((options: ListOptions) => run((session) => list(session, options)));
  group
    .command("show")
    .description("all about one but its log")
    .argument("<id>", "the job")
    .option("--definition", "print its definition instead")
    .action((id: string, options: { definition?: boolean }) =>
      run(async ({ services, asker, out }) => {
        const job = await services.jobs.get(asker, id);
        if (options.definition) out.write(job.original_definition);
        else out.show(out.json ? job : facts(job));
      }),
    );
  group
    .command("submit")
    .description("put a job into the queue for somebody")
    .argument("<file>", "the job (YAML)")
    .requiredOption("--submitter <user>", "whose job it is")
    .action((file: string, options: { submitter: string }) => run((session) => submit(session, file, options)));
  group
    .command("cancel")
    .description("end one; its device is switched off")
    .argument("<id>", "the job")
    .option("--reason <text>", "why: stands in its log")
    .action((id: string, { reason }: { reason?: string }) => run((session) => end(session, "cancel", { id, reason })));
  group
    .command("fail")
    .description("end one that is being canceled and that nobody ends: its worker is gone for good")
    .argument("<id>", "the job")
    .option("--reason <text>", "why: stands in its log")
    .action((id: string, { reason }: { reason?: string }) => run((session) => end(session, "fail", { id, reason })));
  group
    .command("compress")
    .description("pack logs of finished jobs that a server did not come to pack")
    .option("--dry-run", "only say how many")
    .action((options: { dryRun?: boolean }) => run((session) => compress(session, options)));
}
