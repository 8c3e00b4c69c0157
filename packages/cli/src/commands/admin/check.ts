import type { Command } from "commander";
import type { Finding } from "./check/finding.js";
import { type AloneContext, examples, type Runners } from "./group.js";
import { makeOutput } from "./output.js";
import { adminSettings } from "./settings.js";

async function check({ io, args }: AloneContext, { all = false }: { readonly all?: boolean }): Promise<number> {
  const settings = await adminSettings(args, io);
  const { checkInstance } = await import("./check/check-instance.js");
  const findings = await checkInstance(settings, io);
  const out = makeOutput(io, args);
  const wrong = findings.filter(({ level }) => level === "problem");
  if (out.json) out.show(findings);
  else {
    const { paint } = out;
    const sign: Readonly<Record<Finding["level"], string>> = {
      ok: paint.green(paint.signs.pass),
      hint: paint.yellow("!"),
      problem: paint.red(paint.signs.fail),
    };
    for (const { level, area, found, fix } of findings)
      if (all || level !== "ok") out.say(`${sign[level]} ${area}: ${found}${fix === undefined ? "" : `; ${fix}`}`);
    const hints = findings.filter(({ level }) => level === "hint").length;
    const checked = `${findings.length} things looked at`;
    if (wrong.length === 0) out.say(`${checked}, nothing is wrong${hints > 0 ? `, ${hints} to think about` : ""}`);
    else out.say(`${checked}, ${wrong.length} wrong${hints > 0 ? `, ${hints} to think about` : ""}`);
  }
  return wrong.length > 0 ? 1 : 0;
}

/** `basalt admin check` */
export function addCheck(admin: Command, { alone }: Runners): void {
  admin
    .command("check")
    .description("say what is wrong with this instance and what to do; exit status 1 if something is")
    .option("-a, --all", "say what is right, too")
    .addHelpText(
      "after",
      `
It looks at folders, disk, ports, keys, the database, clocks, workers, devices, their texts, and users; the server may run or not.
${examples("check", "check --all --config /etc/basalt/server.yaml", "check --json | jq '.[] | select(.level == \"problem\")'")}`,
    )
    .action((options: { all?: boolean }) => alone((context) => check(context, options)));
}
