import type { WorkerHealth } from "@basalt/server";
import type { Command } from "commander";
import { everything } from "./everything.js";
import { addGroup, examples, type Runners } from "./group.js";
import { showHistory } from "./history.js";
import { commas, moment } from "./output.js";
import type { Admin } from "./session.js";
import { given, wholeNumber, workerHealth } from "./values.js";
import { addWorkerTexts } from "./worker-texts.js";

interface AddOptions {
  readonly description?: string;
  readonly disabled?: boolean;
  readonly health?: WorkerHealth;
  readonly jobLimit?: number;
}

interface UpdateOptions {
  readonly description?: string;
  readonly health?: WorkerHealth;
  readonly reason?: string;
  readonly jobLimit?: number;
}

async function add({ services, asker, out, settings }: Admin, name: string, options: AddOptions): Promise<void> {
  const { description, disabled = false, health, jobLimit } = options;
  await services.workers.add(asker, name, { ...given({ description, job_limit: jobLimit }), disabled });
  if (health !== undefined && !disabled && health !== "Active") await services.workers.setHealth(asker, name, health);
  out.say(`worker ${name} is known now${disabled ? ", and retired: no job runs on it" : ""}`);
  if (settings.encrypt) out.say(`its key: basalt admin keys create ${name}`);
}

async function update(admin: Admin, name: string, options: UpdateOptions): Promise<void> {
  const { services, asker, out } = admin;
  const { description, health, reason, jobLimit } = options;
  await admin.mustBeKnown("worker", name);
  await services.workers.update(asker, name, given({ description, job_limit: jobLimit }));
  if (health !== undefined) await services.workers.setHealth(asker, name, health, reason);
  out.say(`worker ${name} is changed`);
}

async function list({ services, asker, out }: Admin, { all = false }: { readonly all?: boolean }): Promise<void> {
  const workers = await everything((query) => services.workers.list(asker, query));
  await out.list(
    workers.filter(({ health }) => all || health !== "Retired"),
    {
      name: ({ name }) => name,
      state: ({ state }) => (state === "Online" ? { text: state, paint: out.paint.green } : state),
      health: ({ health }) => health,
      version: ({ version }) => version,
      "last ping": ({ last_ping }) => moment(last_ping),
      devices: ({ devices }) => String(devices.length),
      jobs: ({ jobs, job_limit }) => `${jobs.length}${job_limit > 0 ? ` of ${job_limit}` : ""}`,
      description: ({ description }) => description,
    },
  );
}

async function remove(admin: Admin, name: string): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("worker", name);
  const { devices } = await services.workers.get(asker, name);
  const left = devices.length > 0 ? `; ${commas(devices)} would be without a worker` : "";
  admin.mustBeConfirmed(`remove worker ${name}${left}`);
  await services.workers.remove(asker, name);
  out.say(`worker ${name} is removed; its key, if it has one: basalt admin keys remove ${name} --yes`);
}

/** `basalt admin workers` */
export function addWorkers(admin: Command, runners: Runners): void {
  const { run } = runners;
  const group = addGroup(admin, "workers", "machines that run jobs").addHelpText(
    "after",
    examples(
      'workers add rack-1 --description "first shelf"',
      "workers add --disabled rack-2",
      'workers update rack-1 --health maintenance --reason "new disk"',
      "workers config rack-1 dispatcher.yaml",
    ),
  );
  group
    .command("add")
    .description("make a worker known")
    .argument("<name>", "as the worker calls itself (its host's name, or --name)")
    .option("--description <text>", "what people should know of it")
    .option("--disabled", "retired: known, but not used")
    .option("--health <health>", "Active (the default), Maintenance or Retired", workerHealth)
    .option("--job-limit <number>", "jobs that run at the same time; 0: no limit", wholeNumber())
    .action((name: string, options: AddOptions) => run((session) => add(session, name, options)));
  group
    .command("list")
    .description("all workers but the retired ones")
    .option("-a, --all", "the retired ones, too")
    .action((options: { all?: boolean }) => run((session) => list(session, options)));
  group
    .command("show")
    .alias("details")
    .description("all about one")
    .argument("<name>", "the worker")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("worker", name);
        session.out.show(await session.services.workers.get(session.asker, name));
      }),
    );
  group
    .command("update")
    .description("change one; in Maintenance running jobs end and no new one starts")
    .argument("<name>", "the worker")
    .option("--description <text>", "what people should know of it")
    .option("--health <health>", "Active, Maintenance or Retired", workerHealth)
    .option("--reason <text>", "why the health changes: stands in the log")
    .option("--job-limit <number>", "jobs that run at the same time; 0: no limit", wholeNumber())
    .action((name: string, options: UpdateOptions) => run((session) => update(session, name, options)));
  addWorkerTexts(group, runners);
  group
    .command("history")
    .description("who changed what, with the revisions of its texts")
    .argument("<name>", "the worker")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("worker", name);
        await showHistory(session.out, await session.services.workers.history(session.asker, name));
      }),
    );
  group
    .command("remove")
    .description("forget one; its devices stay, without a worker")
    .argument("<name>", "the worker")
    .action((name: string) => run((session) => remove(session, name)));
}
