import type { Command } from "commander";
import { addGroup, examples, type Runners } from "./group.js";
import { moment } from "./output.js";
import type { Admin } from "./session.js";
import { wholeNumber } from "./values.js";

async function add(admin: Admin, user: string, { description = "" }: { readonly description?: string }): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("user", user);
  const { id, token } = await services.people.addToken(asker, { username: user, description });
  if (out.json) return out.show({ id, username: user, token });
  // alone on stdout, for $(basalt admin tokens add ...)
  admin.io.stderr.write(`token ${id} of ${user}; it is shown this once:\n`);
  out.write(`${token}\n`);
}

/** `basalt admin tokens` */
export function addTokens(admin: Command, { run }: Runners): void {
  const group = addGroup(admin, "tokens", "secrets by which programs act for a user").addHelpText(
    "after",
    examples('tokens add ci --description "nightly builds" > ci.token'),
  );
  group
    .command("add")
    .description("make one; it is printed this once, and kept as a hash")
    .argument("<user>", "whom it stands for")
    .option("--description <text>", "what it is for")
    .action((user: string, options: { description?: string }) => run((session) => add(session, user, options)));
  group
    .command("list")
    .description("a user's tokens, without their secrets")
    .argument("<user>", "the user")
    .action((user: string) =>
      run(async (session) => {
        await session.mustBeKnown("user", user);
        await session.out.list(await session.services.people.tokens(session.asker, user), {
          id: ({ id }) => String(id),
          description: ({ description }) => description,
          made: ({ created_on }) => moment(created_on),
          "last used": ({ last_used_on }) => moment(last_used_on),
        });
      }),
    );
  group
    .command("remove")
    .alias("rm")
    .description("end one: who uses it is refused from now on")
    .argument("<id>", "its number, as the list shows it", wholeNumber(1))
    .action((id: number) =>
      run(async (session) => {
        session.mustBeConfirmed(`end token ${id}`);
        await session.services.people.removeToken(session.asker, id);
        session.out.say(`token ${id} is worth nothing now`);
      }),
    );
}
