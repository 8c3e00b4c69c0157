import { configurationError } from "@basalt/core";
import { type Command, Option } from "commander";
import { addGroup, examples, type Runners } from "./group.js";
import type { Admin } from "./session.js";

const kinds = { device: "device", "device-type": "devicetype", worker: "worker" } as const;
const things = { device: "device", devicetype: "device type", worker: "worker" } as const;
type Kind = (typeof kinds)[keyof typeof kinds];
type Codename = "view" | "submit_to" | "change";

interface ObjectOptions {
  readonly device?: string;
  readonly deviceType?: string;
  readonly worker?: string;
}

/** The one object that the options name. */
async function objectOf(
  admin: Admin,
  { device, deviceType, worker }: ObjectOptions,
): Promise<{ kind: Kind; object: string }> {
  const named = [
    { kind: "device", object: device },
    { kind: "devicetype", object: deviceType },
    { kind: "worker", object: worker },
  ] as const;
  const given = named.filter(({ object }) => object !== undefined);
  const [first] = given;
  if (given.length !== 1 || first?.object === undefined)
    throw configurationError("ERR_USAGE", "name one object: --device NAME, --device-type NAME or --worker NAME");
  await admin.mustBeKnown(things[first.kind], first.object);
  return { kind: first.kind, object: first.object };
}

async function list({ services, asker, out }: Admin, options: ObjectOptions): Promise<void> {
  const rows = await Promise.all(
    Object.entries(kinds).map(async ([name, kind]) =>
      (await services.people.permissions(asker, kind)).map((row) => ({ kind: name, ...row })),
    ),
  );
  const { device, deviceType, worker } = options;
  const any = device === undefined && deviceType === undefined && worker === undefined;
  const chosen = rows
    .flat()
    .filter(
      ({ kind, object }) =>
        any ||
        (kind === "device" && object === device) ||
        (kind === "device-type" && object === deviceType) ||
        (kind === "worker" && object === worker),
    );
  await out.list(chosen, {
    id: ({ id }) => String(id),
    kind: ({ kind }) => kind,
    object: ({ object }) => object,
    group: ({ group }) => group,
    permission: ({ codename }) => codename,
  });
}

interface RightOptions extends ObjectOptions {
  readonly group: string;
  readonly permission: Codename;
}

async function grant(admin: Admin, { group, permission, ...options }: RightOptions): Promise<void> {
  await admin.mustBeKnown("group", group);
  const { kind, object } = await objectOf(admin, options);
  await admin.services.people.grant(admin.asker, { kind, object, group, codename: permission });
  admin.out.say(
    `${group} may ${permission} ${object}${permission === "change" ? "" : "; groups without that right may not any more"}`,
  );
}

async function revoke(admin: Admin, { group, permission, ...options }: RightOptions): Promise<void> {
  await admin.mustBeKnown("group", group);
  const { kind, object } = await objectOf(admin, options);
  const rows = await admin.services.people.permissions(admin.asker, kind, object);
  const row = rows.find((right) => right.group === group && right.codename === permission);
  if (!row)
    throw configurationError(
      "ERR_ADMIN_UNKNOWN",
      `${group} has no right to ${permission} ${object} of its own: 'basalt admin permissions list' shows all`,
    );
  await admin.services.people.revoke(admin.asker, row.id);
  const left = rows.some(({ id, codename }) => id !== row.id && codename === permission);
  const open = permission !== "change" && !left ? `; ${object} is open to everybody for that now` : "";
  admin.out.say(`${group} has no right of its own to ${permission} ${object} any more${open}`);
}

const withObject = (command: Command): Command =>
  command
    .option("--device <name>", "a device")
    .option("--device-type <name>", "a device type")
    .option("--worker <name>", "a worker");

const withRight = (command: Command): Command =>
  withObject(command)
    .requiredOption("--group <name>", "the group")
    .addOption(
      new Option(
        "--permission <name>",
        "view, submit_to (devices and types only; includes view) or change (includes both)",
      )
        .choices(["view", "submit_to", "change"])
        .makeOptionMandatory(),
    );

/** `basalt admin permissions` */
export function addPermissions(admin: Command, { run }: Runners): void {
  const group = addGroup(admin, "permissions", "rights of groups on single devices, types and workers").addHelpText(
    "after",
    `
What nobody was granted is open to all: the first group that is granted view or submit_to on an object closes it to the others.
A device without rights of its own follows its type.
${examples("permissions grant --device bbb-01 --group kernel-team --permission submit_to")}`,
  );
  withRight(group.command("grant").description("give a right")).action((options: RightOptions) =>
    run((session) => grant(session, options)),
  );
  withRight(group.command("revoke").description("take it back")).action((options: RightOptions) =>
    run((session) => revoke(session, options)),
  );
  withObject(group.command("list").description("all rights, or those on one object")).action((options: ObjectOptions) =>
    run((session) => list(session, options)),
  );
}
