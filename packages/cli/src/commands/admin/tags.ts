import type { Command } from "commander";
import { addGroup, examples, type Runners } from "./group.js";
import { commas } from "./output.js";
import type { Admin } from "./session.js";

interface DeviceOptions {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
}

async function device(admin: Admin, name: string, { add = [], remove = [] }: DeviceOptions): Promise<void> {
  const { services, asker, out } = admin;
  await admin.mustBeKnown("device", name);
  for (const tag of [...add, ...remove]) await admin.mustBeKnown("tag", tag);
  const { tags } = await services.devices.get(asker, name);
  const next = [...new Set([...tags.filter((tag) => !remove.includes(tag)), ...add])];
  if (add.length + remove.length > 0) await services.devices.update(asker, name, { tags: next });
  if (out.json) out.show({ name, tags: next });
  else out.say(`${name}: ${next.length > 0 ? commas([...next].sort()) : "no tags"}`);
}

/** `basalt admin tags` */
export function addTags(admin: Command, { run }: Runners): void {
  const group = addGroup(admin, "tags", "what single devices have that jobs can ask for").addHelpText(
    "after",
    examples('tags add hdmi "a monitor is connected"', "tags device bbb-01 --add hdmi"),
  );
  group
    .command("add")
    .description("make a tag")
    .argument("<name>", "the tag")
    .argument("[description]", "what it means")
    .action((name: string, description: string | undefined) =>
      run(async ({ services, asker, out }) => {
        await services.tags.add(asker, name, description);
        out.say(`tag ${name} is known now`);
      }),
    );
  group
    .command("list")
    .description("all tags with their devices")
    .action(() =>
      run(async ({ services, asker, out }) =>
        out.list(await services.tags.list(asker), {
          name: ({ name }) => name,
          description: ({ description }) => description,
          devices: ({ devices }) => commas(devices),
        }),
      ),
    );
  group
    .command("device")
    .description("a device's tags")
    .argument("<name>", "the device")
    .option("--add <tags...>", "tags it gets")
    .option("--remove <tags...>", "tags it loses")
    .action((name: string, options: DeviceOptions) => run((session) => device(session, name, options)));
  group
    .command("remove")
    .description("forget a tag")
    .argument("<name>", "the tag")
    .action((name: string) =>
      run(async (session) => {
        await session.mustBeKnown("tag", name);
        session.mustBeConfirmed(`remove tag ${name} from all devices; jobs that ask for it wait for ever`);
        await session.services.tags.remove(session.asker, name);
        session.out.say(`tag ${name} is removed`);
      }),
    );
}
