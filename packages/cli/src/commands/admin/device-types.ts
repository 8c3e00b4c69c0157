import type { DeviceTypeChanges } from "@basalt/server";
import { type Command, Option } from "commander";
import { everything } from "./everything.js";
import { addGroup, collect, examples, type Runners } from "./group.js";
import { type LabTextOptions, runLabText, withLabText } from "./lab-text.js";
import { commas } from "./output.js";
import type { Admin } from "./session.js";
import { given, oneOf, wholeNumber } from "./values.js";

interface TypeOptions {
  readonly description?: string;
  readonly architecture?: string;
  readonly processor?: string;
  readonly cpuModel?: string;
  readonly bits?: number;
  readonly healthFrequency?: number;
  readonly healthDenominator?: "hours" | "jobs";
  readonly healthChecks?: boolean;
  readonly jobLimit?: number;
  readonly display?: boolean;
  readonly alias?: readonly string[];
}

const changesOf = (options: TypeOptions, aliases: readonly string[]): DeviceTypeChanges =>
  given({
    description: options.description,
    architecture: options.architecture,
    processor: options.processor,
    cpu_model: options.cpuModel,
    bits: options.bits,
    health_frequency: options.healthFrequency,
    health_denominator: options.healthDenominator,
    disable_health_check: options.healthChecks === undefined ? undefined : !options.healthChecks,
    job_limit: options.jobLimit,
    display: options.display,
    aliases: options.alias === undefined ? undefined : [...new Set([...aliases, ...options.alias])],
  }) as DeviceTypeChanges;

async function list({ services, asker, out }: Admin, { all = false }: { readonly all?: boolean }): Promise<void> {
  await out.list(await everything((query) => services.deviceTypes.list(asker, { ...query, all })), {
    name: ({ name }) => name,
    aliases: ({ aliases }) => commas(aliases),
    idle: ({ devices }) => String(devices.idle),
    busy: ({ devices }) => String(devices.busy),
    offline: ({ devices }) => String(devices.offline),
    template: ({ has_template }) => (has_template ? "own" : ""),
    "health check": ({ has_health_check, disable_health_check, health_frequency, health_denominator }) =>
      !has_health_check ? "none" : disable_health_check ? "off" : `every ${health_frequency} ${health_denominator}`,
    shown: ({ display }) => (display ? "yes" : "no"),
  });
}

const texts = {
  template: { kind: "devicetype", words: "template", service: ["template", "setTemplate"] },
  "health-check": { kind: "health-check", words: "health check", service: ["healthCheck", "setHealthCheck"] },
} as const;

interface Named {
  readonly which: keyof typeof texts;
  readonly name: string;
  readonly file: string | undefined;
}

/** Templates and health checks also go by names that are no type's: those that dictionaries extend. */
function text(admin: Admin, { which, name, file }: Named, options: LabTextOptions): Promise<void> {
  const { services, asker } = admin;
  const { kind, words, service } = texts[which];
  const [read, write] = service;
  return runLabText(
    admin,
    {
      kind,
      name,
      title: `the ${words} of ${name}`,
      read: () => services.deviceTypes[read](asker, name),
      write: (source, reason) => services.deviceTypes[write](asker, name, source, reason),
      missing: {
        code: "ERR_ADMIN_UNKNOWN",
        message: `there is no ${words} of ${name}: write one with 'basalt admin device-types ${which} ${name} FILE'`,
      },
    },
    { file, ...options },
  );
}

const withSettings = (command: Command): Command =>
  command
    .option("--description <text>", "what people should know of it")
    .option("--health-frequency <number>", "a health check every so many hours or jobs", wholeNumber(1))
    .option("--health-denominator <unit>", "hours or jobs", oneOf(["hours", "jobs"]))
    .option("--health-checks", "run them")
    .option("--no-health-checks", "never run them")
    .option("--job-limit <number>", "devices of it that work at the same time; 0: no limit", wholeNumber())
    .option("--display", "show it, and run jobs on it")
    .option("--no-display", "hide it: no job runs on it")
    .option("--architecture <text>", "such as arm64")
    .option("--processor <text>", "such as AM335x")
    .option("--cpu-model <text>", "such as Cortex-A8")
    .option("--bits <number>", "32 or 64", wholeNumber(1))
    .addOption(
      new Option("--alias <name>", "another name that jobs may use for it (may be repeated)").argParser(collect),
    );

function addTypeTexts(group: Command, { run }: Runners): void {
  for (const which of ["template", "health-check"] as const) {
    const { words } = texts[which];
    withLabText(
      group
        .command(which)
        .description(`print a type's ${words}, or take it from a file; one that is broken is refused`)
        .argument("<name>", "the type, or the template that dictionaries extend"),
    ).action((name: string, file: string | undefined, options: LabTextOptions) =>
      run((session) => text(session, { which, name, file }, options)),
    );
  }
}

async function aliases(
  { services, asker, out, ...admin }: Admin,
  name: string,
  { remove }: { readonly remove?: readonly string[] },
): Promise<void> {
  await admin.mustBeKnown("device type", name);
  const { aliases: known } = await services.deviceTypes.get(asker, name);
  if (remove === undefined)
    return out.list(
      known.map((alias) => ({ alias, type: name })),
      { alias: ({ alias }) => alias },
    );
  await services.deviceTypes.update(asker, name, { aliases: known.filter((alias) => !remove.includes(alias)) });
  out.say(`${name} is not called ${commas(remove)} any more`);
}

/** `basalt admin device-types` */
export function addDeviceTypes(admin: Command, runners: Runners): void {
  const { run } = runners;
  const group = addGroup(admin, "device-types", "types of devices: templates, health checks, limits").addHelpText(
    "after",
    examples(
      "device-types add beaglebone-black --health-frequency 12 --alias bbb",
      "device-types health-check beaglebone-black bbb-health.yaml",
      "device-types update qemu --job-limit 4",
    ),
  );
  withSettings(group.command("add").description("make a type known").argument("<name>", "the type")).action(
    (name: string, options: TypeOptions) =>
      run(async ({ services, asker, out }) => {
        await services.deviceTypes.add(asker, name, changesOf(options, []));
        out.say(`device type ${name} is known now`);
      }),
  );
  group
    .command("list")
    .description("types that are shown, with their devices")
    .option("-a, --all", "hidden ones, too")
    .action((options: { all?: boolean }) => run((session) => list(session, options)));
  group
    .command("show")
    .alias("details")
    .description("all about one")
    .argument("<name>", "the type")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("device type", name);
        session.out.show(await session.services.deviceTypes.get(session.asker, name));
      }),
    );
  withSettings(group.command("update").description("change one").argument("<name>", "the type")).action(
    (name: string, options: TypeOptions) =>
      run(async (session) => {
        const { services, asker, out } = session;
        await session.mustBeKnown("device type", name);
        const { aliases: known } = await services.deviceTypes.get(asker, name);
        await services.deviceTypes.update(asker, name, changesOf(options, known));
        out.say(`device type ${name} is changed`);
      }),
  );
  group
    .command("aliases")
    .description("its other names; --alias of add and update gives it one")
    .argument("<name>", "the type")
    .option("--remove <names...>", "take these away")
    .action((name: string, options: { remove?: readonly string[] }) =>
      run((session) => aliases(session, name, options)),
    );
  addTypeTexts(group, runners);
  group
    .command("remove")
    .description("forget one that has no devices and no jobs")
    .argument("<name>", "the type")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("device type", name);
        session.mustBeConfirmed(`remove device type ${name}; its template and health check stay`);
        await session.services.deviceTypes.remove(session.asker, name);
        session.out.say(`device type ${name} is removed`);
      }),
    );
}
