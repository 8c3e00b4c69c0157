import type { Command } from "commander";
import type { Runners } from "./group.js";
import { type LabTextOptions, runLabText, withLabText } from "./lab-text.js";
import type { Admin } from "./session.js";

/** LAVA's names of a worker's settings (`lavacli workers config|env`), and what they are. */
const texts = {
  config: { kind: "dispatcher", words: "what the machine is to devices" },
  env: { kind: "env", words: "environment of its job processes" },
  "env-dut": { kind: "env-dut", words: "environment of tests on devices" },
} as const;

interface Named {
  readonly which: keyof typeof texts;
  readonly name: string;
  readonly file: string | undefined;
}

async function workerText(admin: Admin, { which, name, file }: Named, options: LabTextOptions): Promise<void> {
  const { services, asker } = admin;
  const { kind } = texts[which];
  await admin.mustBeKnown("worker", name);
  return runLabText(
    admin,
    {
      kind,
      name,
      title: `the ${kind}.yaml of ${name}`,
      read: () => services.workers.config(asker, name, kind),
      write: (text, reason) => services.workers.setConfig(asker, name, kind, text, reason),
      missing: {
        code: "ERR_ADMIN_UNKNOWN",
        message: `worker ${name} has no ${kind}.yaml of its own: write one with 'basalt admin workers ${which} ${name} FILE'`,
      },
    },
    { file, ...options },
  );
}

/** `basalt admin workers config`, `env` and `env-dut` */
export function addWorkerTexts(group: Command, { run }: Runners): void {
  for (const which of ["config", "env", "env-dut"] as const) {
    const { kind, words } = texts[which];
    withLabText(
      group
        .command(which)
        .description(`print a worker's ${kind}.yaml (${words}), or take it from a file; the next job gets it`)
        .argument("<name>", "the worker"),
    ).action((name: string, file: string | undefined, options: LabTextOptions) =>
      run((session) => workerText(session, { which, name, file }, options)),
    );
  }
}
