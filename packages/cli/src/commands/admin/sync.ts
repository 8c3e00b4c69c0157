import { resolve } from "node:path";
import type { SyncReport } from "@basalt/server";
import { type Command, Option } from "commander";
import { createTwoFilesPatch } from "diff";
import { collect, examples, type Runners } from "./group.js";
import type { Output } from "./output.js";
import type { Admin } from "./session.js";

interface SyncArguments {
  readonly import?: boolean;
  readonly export?: boolean;
  readonly check?: boolean;
  readonly dryRun?: boolean;
  readonly create?: boolean;
  readonly delete?: boolean;
  readonly worker?: string;
  readonly templates: readonly string[];
  readonly reason?: string;
}

/** A unified diff, coloured where the output has colours; /dev/null stands for a text that is not there. */
function patch(
  paint: Output["paint"],
  path: string,
  { before, after }: { before: string | null; after: string | null },
): string {
  const name = (side: string, text: string | null): string => (text === null ? "/dev/null" : `${side}/${path}`);
  const lines = createTwoFilesPatch(name("a", before), name("b", after), before ?? "", after ?? "")
    .split("\n")
    .slice(1);
  const coloured = lines.map((line) => {
    if (/^(?:---|\+\+\+) /.test(line)) return paint.bold(line);
    if (line.startsWith("@@")) return paint.cyan(line);
    if (line.startsWith("+")) return paint.green(line);
    return line.startsWith("-") ? paint.red(line) : line;
  });
  return coloured.join("\n");
}

const isDifferent = ({ changes, lab }: SyncReport): boolean => changes.length > 0 || lab.before !== lab.after;

function tell(out: Output, report: SyncReport): void {
  if (out.json) {
    const { changes, lab, ...rest } = report;
    out.show({ changes, lab: lab.before === lab.after ? null : lab, ...rest });
    return;
  }
  for (const { path, before, after } of report.changes) out.write(patch(out.paint, path, { before, after }));
  const { before, after } = report.lab;
  if (before !== after) out.write(patch(out.paint, "lab.yaml", { before, after }));
  for (const note of report.notes) out.say(`note: ${note}`);
  for (const warning of report.warnings) out.say(`warning: ${warning}`);
}

const count = (n: number, words: string): string => `${n} ${words}${n === 1 ? "" : "s"}`;

async function sync(admin: Admin, folder: string, args: SyncArguments): Promise<number> {
  const { store, io, asker, out } = admin;
  const { exportFolder, importFolder } = await import("@basalt/server");
  if (args.worker !== undefined) await admin.mustBeKnown("worker", args.worker);
  const shared = { folder: resolve(io.cwd, folder), cwd: io.cwd, remove: args.delete === true };
  const writes = (args.import === true || args.export === true) && args.dryRun !== true;
  const options = { ...shared, dryRun: !writes };
  const report = args.export
    ? await exportFolder(store, options)
    : await importFolder(store, {
        ...options,
        create: args.create === true,
        asJob: admin.checkHealthCheck,
        templates: args.templates.map((path) => resolve(io.cwd, path)),
        author: asker.username,
        reason: args.reason ?? "basalt admin sync",
        ...(args.worker === undefined ? {} : { worker: args.worker }),
      });
  tell(out, report);
  const different = isDifferent(report);
  const what = `${count(report.changes.length, "text")}${report.lab.before === report.lab.after ? "" : " and the lab's facts"}`;
  const to = args.export ? folder : "the database";
  if (!different) out.say(`no difference between ${folder} and the database`);
  else if (writes) out.say(`${what} written to ${to}`);
  else out.say(`${what} would be written to ${to}${args.import || args.export ? "" : ": --import does it"}`);
  return args.check && different ? 1 : 0;
}

/** `basalt admin sync` */
export function addSync(admin: Command, { run }: Runners): void {
  const modes = ["import", "export", "check"];
  const mode = (name: string, description: string): Option =>
    new Option(`--${name}`, description).conflicts(modes.filter((other) => other !== name));
  admin
    .command("sync")
    .description("keep dictionaries, templates, health checks and workers' settings in a folder, under version control")
    .argument("<folder>", "the folder: LAVA's layout, such as /etc/lava-server as it is")
    .addOption(mode("import", "bring what differs into the database: all of it or nothing"))
    .addOption(mode("export", "write what differs into the folder"))
    .addOption(mode("check", "exit status 1 if something differs, for CI"))
    .option("--dry-run", "show what --import or --export would do")
    .option("--create", "add devices of dictionaries, their types, and workers that the lab does not know")
    .option("--worker <name>", "the worker of devices that are added, where nothing names it")
    .option("--delete", "delete what the other side does not have; devices are retired")
    .addOption(
      new Option("--templates <dir>", "take templates that are needed from here, too (may be repeated)")
        .argParser(collect)
        .default([], ""),
    )
    .option("--reason <text>", "why: kept with the revisions")
    .addHelpText(
      "after",
      `
Without --import and --export it shows what an import would change. In the folder, or in dispatcher-config in it:
  devices/NAME.jinja2, device-types/NAME.jinja2, health-checks/NAME.yaml
and in the folder itself:
  dispatcher.d/NAME/{dispatcher,env,env-dut}.yaml, env.yaml, env-dut.yaml
  lab.yaml: what no file holds, as workers, device_types, tags and devices, such as
    devices: {bbb-01: {device_type: beaglebone-black, worker: rack-1, tags: [hdmi]}}
sync_to_lava in a dictionary is understood.
${examples(
  "sync /etc/lava-server --create --templates /usr/share/lava-server/device-types",
  'sync lab/ --import --reason "$(git log -1 --format=%s)"',
  "sync lab/ --export --delete && git -C lab diff",
  "sync lab/ --check",
)}`,
    )
    .action((folder: string, args: SyncArguments) => run((session) => sync(session, folder, args)));
}
