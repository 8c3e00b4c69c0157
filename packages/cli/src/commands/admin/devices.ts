import type { DeviceHealth } from "@basalt/server";
import { type Command, Option } from "commander";
import { setOwner } from "./device-owner.js";
import { addDictionary } from "./dictionary.js";
import { everything } from "./everything.js";
import { addGroup, collect, examples, type Runners } from "./group.js";
import { showHistory } from "./history.js";
import { commas } from "./output.js";
import type { Admin } from "./session.js";
import { deviceHealth, given } from "./values.js";

interface ChangeOptions {
  readonly worker?: string;
  readonly description?: string;
  readonly deviceVersion?: string;
  readonly tags?: readonly string[];
  readonly health?: DeviceHealth;
  readonly reason?: string;
  readonly offline?: boolean;
  readonly owner?: string;
  readonly group?: string;
  readonly physicalUser?: string;
  readonly physicalGroup?: string;
  readonly deviceType?: string;
}

/** Options hold whole names; a comma makes several of one, too. */
const tagsOf = (tags: readonly string[] | undefined): readonly string[] | undefined =>
  tags
    ?.flatMap((text) => text.split(","))
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");

/** '-' takes a worker, a person or a group away. */
const orNone = (name: string | undefined): string | null | undefined => (name === "-" || name === "" ? null : name);

async function changesOf(admin: Admin, options: ChangeOptions) {
  const { worker, deviceType, physicalUser, physicalGroup } = options;
  const tags = tagsOf(options.tags);
  if (deviceType !== undefined) await admin.mustBeKnown("device type", deviceType);
  if (orNone(worker)) await admin.mustBeKnown("worker", worker ?? "");
  if (orNone(physicalUser)) await admin.mustBeKnown("user", physicalUser ?? "");
  if (orNone(physicalGroup)) await admin.mustBeKnown("group", physicalGroup ?? "");
  for (const tag of tags ?? []) await admin.mustBeKnown("tag", tag);
  return given({
    device_type: deviceType,
    device_version: options.deviceVersion,
    description: options.description,
    worker: orNone(worker),
    tags,
    // one user or one group at a time (seed 2)
    physical_owner: physicalGroup === undefined ? orNone(physicalUser) : null,
    physical_group: physicalUser === undefined ? orNone(physicalGroup) : null,
  });
}

async function add(admin: Admin, name: string, options: ChangeOptions & { deviceType: string }): Promise<void> {
  const { services, asker, out } = admin;
  const { health = options.offline ? "Maintenance" : undefined, owner, group } = options;
  const changes = await changesOf(admin, options);
  await services.devices.add(asker, name, {
    ...changes,
    device_type: options.deviceType,
    ...(health === undefined ? {} : { health }),
  });
  await setOwner(admin, name, given({ user: owner, group }));
  out.say(`device ${name} is known now`);
  if ((await services.devices.dictionary(asker, name)) === undefined)
    out.say(`no job runs on it without a dictionary: basalt admin devices dictionary ${name} FILE`);
  if (!options.worker) out.say(`no job runs on it without a worker: basalt admin devices update ${name} --worker NAME`);
}

async function update(admin: Admin, name: string, options: ChangeOptions): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("device", name);
  const changes = await changesOf(admin, options);
  if (Object.keys(changes).length > 0) await services.devices.update(asker, name, changes);
  await setOwner(admin, name, given({ user: options.owner, group: options.group }));
  if (options.health !== undefined) await services.devices.setHealth(asker, name, options.health, options.reason);
  out.say(`device ${name} is changed`);
}

interface ListOptions {
  readonly all?: boolean;
  readonly type?: string;
  readonly worker?: string;
  readonly health?: DeviceHealth;
}

async function list({ services, asker, out }: Admin, options: ListOptions): Promise<void> {
  const { paint } = out;
  const all = options.all === true || options.health !== undefined;
  const devices = await everything((query) => services.devices.list(asker, { ...query, all }));
  const chosen = devices.filter(
    ({ device_type, worker, health }) =>
      (options.type ?? device_type) === device_type &&
      (options.worker ?? worker) === worker &&
      (options.health ?? health) === health,
  );
  await out.list(chosen, {
    name: ({ name }) => name,
    type: ({ device_type }) => device_type,
    worker: ({ worker }) => worker ?? "none",
    state: ({ state }) => state,
    health: ({ health }) =>
      health === "Good"
        ? { text: health, paint: paint.green }
        : health === "Bad"
          ? { text: health, paint: paint.red }
          : health,
    job: ({ current_job }) => (current_job === null ? "" : String(current_job)),
    tags: ({ tags }) => commas(tags),
    dictionary: ({ has_dictionary }) => (has_dictionary ? "yes" : "none"),
  });
}

async function show(admin: Admin, name: string): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("device", name);
  const device = await services.devices.get(asker, name);
  const permissions = await services.people.permissions(asker, "device", name);
  out.show({
    ...device,
    owner: permissions.filter(({ codename }) => codename === "change").map(({ group }) => group),
    permissions: permissions.map(({ group, codename }) => `${group}: ${codename}`),
  });
}

async function remove(admin: Admin, name: string): Promise<void> {
  await admin.mustBeKnown("device", name);
  admin.mustBeConfirmed(`remove device ${name} and its dictionary; jobs it ran stay, without its name`);
  await admin.services.devices.remove(admin.asker, name);
  admin.out.say(`device ${name} is removed`);
}

const withChanges = (command: Command): Command =>
  command
    .option("--worker <name>", "the machine it is connected to; - for none")
    .option("--description <text>", "what people should know of it")
    .option("--device-version <text>", "revision of the board")
    .addOption(
      new Option("--tags <names...>", "its tags, all of them, with blanks or commas between").argParser(collect),
    )
    .option("--health <health>", "Good, Unknown, Looping, Bad, Maintenance or Retired", deviceHealth)
    .addOption(
      new Option("--owner <user>", "may change it, and submit to it where it is restricted").conflicts("group"),
    )
    .addOption(new Option("--group <group>", "as --owner, for all users of a group"))
    .addOption(
      new Option("--physical-user <user>", "who to ask about the hardware; - for nobody").conflicts("physicalGroup"),
    )
    .addOption(new Option("--physical-group <group>", "as --physical-user, for a group"));

/** `basalt admin devices` */
export function addDevices(admin: Command, runners: Runners): void {
  const { run } = runners;
  const group = addGroup(admin, "devices", "boards and virtual machines that jobs run on").addHelpText(
    "after",
    examples(
      "devices add bbb-01 --device-type beaglebone-black --worker rack-1 --tags hdmi,usb",
      "devices dictionary bbb-01 bbb-01.jinja2",
      "devices update bbb-01 --owner alice --physical-group lab-team",
      'devices update bbb-01 --health maintenance --reason "new SD card"',
    ),
  );
  withChanges(
    group
      .command("add")
      .description("make a device known")
      .argument("<name>", "the device")
      .requiredOption("--device-type <type>", "its type"),
  )
    .option("--offline", "in Maintenance: no job runs on it yet")
    .action((name: string, options: ChangeOptions & { deviceType: string }) =>
      run((session) => add(session, name, options)),
    );
  group
    .command("list")
    .description("all devices but the retired ones")
    .option("-a, --all", "the retired ones, too")
    .option("--type <type>", "only of this type")
    .option("--worker <name>", "only of this worker")
    .option("--health <health>", "only of this health", deviceHealth)
    .action((options: ListOptions) => run((session) => list(session, options)));
  group
    .command("show")
    .alias("details")
    .description("all about one")
    .argument("<name>", "the device")
    .action((name: string) => run((session) => show(session, name)));
  withChanges(
    group
      .command("update")
      .description("change one")
      .argument("<name>", "the device")
      .option("--device-type <type>", "its type"),
  )
    .option("--reason <text>", "why the health changes: stands in the log")
    .action((name: string, options: ChangeOptions) => run((session) => update(session, name, options)));
  addDictionary(group, runners);
  group
    .command("history")
    .description("who changed what, with the revisions of its dictionary")
    .argument("<name>", "the device")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("device", name);
        await showHistory(session.out, await session.services.devices.history(session.asker, name));
      }),
    );
  group
    .command("remove")
    .description("forget one that runs no job; to keep its history, set --health retired instead")
    .argument("<name>", "the device")
    .action((name: string) => run((session) => remove(session, name)));
}
