import type { UserChanges, UserView } from "@basalt/server";
import { type Command, Option } from "commander";
import { everything } from "./everything.js";
import { addGroup, examples, type Runners } from "./group.js";
import { commas, moment } from "./output.js";
import type { Admin } from "./session.js";
import { readTextFile } from "./text-file.js";
import { given } from "./values.js";

interface UserOptions {
  readonly passwd?: string;
  readonly passwdFile?: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
  readonly active?: boolean;
  readonly staff?: boolean;
  readonly superuser?: boolean;
  readonly groups?: readonly string[];
  readonly permissions?: readonly string[];
}

async function changesOf(admin: Admin, options: UserOptions): Promise<UserChanges> {
  for (const group of options.groups ?? []) await admin.mustBeKnown("group", group);
  const file = options.passwdFile;
  const password = file === undefined ? options.passwd : (await readTextFile(admin.io, file)).replace(/\r?\n$/, "");
  return given({
    password,
    email: options.email,
    first_name: options.firstName,
    last_name: options.lastName,
    is_active: options.active,
    is_staff: options.staff,
    is_superuser: options.superuser,
    groups: options.groups,
    permissions: options.permissions,
  });
}

/** A password is printed once, alone on its line: nobody can look it up later. */
function tellPassword({ out }: Admin, username: string, password: string | undefined): void {
  if (out.json) out.show({ username, ...(password === undefined ? {} : { password }) });
  else if (password !== undefined) out.say(`password: ${password}`);
}

async function add(admin: Admin, name: string, options: UserOptions): Promise<void> {
  const { services, asker, out } = admin;
  const { password } = await services.people.addUser(asker, name, await changesOf(admin, options));
  out.say(`user ${name} can log in now`);
  tellPassword(admin, name, password);
}

async function passwd(admin: Admin, name: string, options: UserOptions): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("user", name);
  const { password } = await changesOf(admin, options);
  const { newPassword } = await import("@basalt/server");
  const fresh = password ?? newPassword();
  await services.people.updateUser(asker, name, { password: fresh });
  out.say(`user ${name} has a new password, and has to log in again`);
  tellPassword(admin, name, password === undefined ? fresh : undefined);
}

const role = ({ is_superuser, is_staff }: UserView): string => (is_superuser ? "superuser" : is_staff ? "staff" : "");

async function list({ services, asker, out }: Admin, { all = false }: { readonly all?: boolean }): Promise<void> {
  const users = await everything((query) => services.people.users(asker, query));
  await out.list(
    users.filter(({ is_active }) => all || is_active),
    {
      name: ({ username }) => username,
      email: ({ email }) => email,
      role,
      active: ({ is_active }) => (is_active ? "yes" : "no"),
      groups: ({ groups }) => commas(groups),
      "last login": ({ last_login }) => moment(last_login),
    },
  );
}

const withPassword = (command: Command): Command =>
  command
    .addOption(
      new Option(
        "--passwd <password>",
        "the password; others on this machine can see it while the command runs, so rather use:",
      ).conflicts("passwdFile"),
    )
    .option("--passwd-file <file>", "a file whose first line is the password; /dev/stdin for standard input");

const withFields = (command: Command): Command =>
  withPassword(command)
    .option("--email <address>", "the address")
    .option("--first-name <name>", "the first name")
    .option("--last-name <name>", "the last name")
    .option("--staff", "may see the lab's inner workings")
    .option("--superuser", "may do everything")
    .option("--groups <names...>", "the groups, all of them")
    .option("--permissions <codenames...>", "rights on all objects of a kind, such as submit_to_device, add_worker");

/** `basalt admin users` */
export function addUsers(admin: Command, { run }: Runners): void {
  const group = addGroup(admin, "users", "people, and programs that act for them").addHelpText(
    "after",
    examples(
      "users add alice --email alice@lab.example --superuser",
      "users add ci --passwd-file /run/secrets/ci",
      "users update bob --not-active",
      "users passwd alice",
    ),
  );
  withFields(
    group
      .command("add")
      .description("make somebody known; a password is made and printed where none is given")
      .argument("<name>", "the user"),
  ).action((name: string, options: UserOptions) => run((session) => add(session, name, options)));
  group
    .command("list")
    .description("users who are active")
    .option("-a, --all", "those who are not, too")
    .action((options: { all?: boolean }) => run((session) => list(session, options)));
  group
    .command("show")
    .alias("details")
    .description("all about one")
    .argument("<name>", "the user")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("user", name);
        session.out.show(await session.services.people.user(session.asker, name));
      }),
    );
  withFields(group.command("update").description("change one").argument("<name>", "the user"))
    .option("--active", "may log in")
    .option("--not-active", "may not log in")
    .option("--not-staff", "is no staff any more")
    .option("--not-superuser", "is no superuser any more")
    .action(
      (name: string, options: UserOptions & { notActive?: boolean; notStaff?: boolean; notSuperuser?: boolean }) =>
        run(async (session) => {
          await session.mustBeKnown("user", name);
          const { notActive, notStaff, notSuperuser } = options;
          const changes = await changesOf(session, {
            ...options,
            ...(notActive ? { active: false } : {}),
            ...(notStaff ? { staff: false } : {}),
            ...(notSuperuser ? { superuser: false } : {}),
          });
          await session.services.people.updateUser(session.asker, name, changes);
          session.out.say(`user ${name} is changed`);
        }),
    );
  withPassword(
    group
      .command("passwd")
      .description("a new password; one is made and printed where none is given")
      .argument("<name>", "the user"),
  ).action((name: string, options: UserOptions) => run((session) => passwd(session, name, options)));
  group
    .command("remove")
    .description("forget one who never submitted a job; others: users update NAME --not-active")
    .argument("<name>", "the user")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("user", name);
        session.mustBeConfirmed(`remove user ${name} and their tokens`);
        await session.services.people.removeUser(session.asker, name);
        session.out.say(`user ${name} is removed`);
      }),
    );
}
