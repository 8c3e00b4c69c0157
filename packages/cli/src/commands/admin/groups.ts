import { configurationError } from "@basalt/core";
import type { Command } from "commander";
import { addGroup, examples, type Runners } from "./group.js";
import { commas } from "./output.js";
import type { Admin } from "./session.js";

async function find({ services, asker }: Admin, name: string) {
  const found = (await services.people.groups(asker)).find((group) => group.name === name);
  if (found) return found;
  throw configurationError("ERR_ADMIN_UNKNOWN", `there is no group '${name}'`);
}

const without = (names: readonly string[], gone: readonly string[] = []): readonly string[] =>
  names.filter((name) => !gone.includes(name));

interface UpdateOptions {
  readonly addUser?: readonly string[];
  readonly removeUser?: readonly string[];
  readonly addPermission?: readonly string[];
  readonly removePermission?: readonly string[];
}

async function update(admin: Admin, name: string, options: UpdateOptions): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("group", name);
  const { addUser = [], removeUser = [], addPermission = [], removePermission = [] } = options;
  for (const user of [...addUser, ...removeUser]) await admin.mustBeKnown("user", user);
  const { users, permissions } = await find(admin, name);
  await services.people.updateGroup(asker, name, {
    users: [...new Set([...without(users, removeUser), ...addUser])],
    permissions: [...new Set([...without(permissions, removePermission), ...addPermission])],
  });
  const now = await find(admin, name);
  const rights = now.permissions.length > 0 ? `; on all objects: ${commas(now.permissions)}` : "";
  out.say(`group ${name}: ${now.users.length > 0 ? commas(now.users) : "nobody"}${rights}`);
}

async function add(admin: Admin, name: string, { username }: { readonly username?: readonly string[] }): Promise<void> {
  for (const user of username ?? []) await admin.mustBeKnown("user", user);
  await admin.services.people.addGroup(admin.asker, name);
  if (username) return update(admin, name, { addUser: username });
  admin.out.say(`group ${name} is known now`);
}

/** `basalt admin groups` */
export function addGroups(admin: Command, { run }: Runners): void {
  const group = addGroup(admin, "groups", "users with rights in common").addHelpText(
    "after",
    examples("groups add kernel-team --username alice bob", "groups update kernel-team --remove-user bob"),
  );
  group
    .command("add")
    .description("make a group")
    .argument("<name>", "the group")
    .option("--username <names...>", "users in it")
    .action((name: string, options: { username?: readonly string[] }) => run((session) => add(session, name, options)));
  group
    .command("list")
    .description("all groups with their users")
    .action(() =>
      run(async ({ services, asker, out }) =>
        out.list(await services.people.groups(asker), {
          name: ({ name }) => name,
          users: ({ users }) => commas(users),
          permissions: ({ permissions }) => commas(permissions),
        }),
      ),
    );
  group
    .command("update")
    .description("change who is in it, and what they may do with all objects of a kind")
    .argument("<name>", "the group")
    .option("--add-user <names...>", "users who come into it")
    .option("--remove-user <names...>", "users who leave it")
    .option("--add-permission <codenames...>", "such as submit_to_device, change_testjob, add_worker")
    .option("--remove-permission <codenames...>", "those they have no more")
    .action((name: string, options: UpdateOptions) => run((session) => update(session, name, options)));
  group
    .command("permissions")
    .description("what a group may do: with all objects of a kind, and with single ones")
    .argument("<name>", "the group")
    .action((name: string) =>
      run(async (session) => {
        const { services, asker, out } = session;
        await session.mustBeKnown("group", name);
        const { permissions } = await find(session, name);
        const kinds = ["device", "devicetype", "worker"] as const;
        const single = await Promise.all(kinds.map((kind) => services.people.permissions(asker, kind)));
        const rows = [
          ...permissions.map((permission) => ({ permission, object: "all" })),
          ...single.flatMap((list, i) =>
            list
              .filter((row) => row.group === name)
              .map(({ codename, object }) => ({ permission: codename, object: `${kinds[i]} ${object}` })),
          ),
        ];
        await out.list(rows, { permission: ({ permission }) => permission, object: ({ object }) => object });
      }),
    );
  group
    .command("remove")
    .description("forget a group")
    .argument("<name>", "the group")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("group", name);
        session.mustBeConfirmed(
          `remove group ${name} with all its rights; what only it was allowed becomes open to all who see the type`,
        );
        await session.services.people.removeGroup(session.asker, name);
        session.out.say(`group ${name} is removed`);
      }),
    );
}
