// docs/reference/configuration.md is written by hand: its tables are compared with the settings and what they are where nobody says.

import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readConfig } from "../../packages/cli/src/plugins/config.ts";
import { readServerSettings, serverSettings } from "../../packages/cli/src/settings/server-settings.ts";
import { readWorkerSettings, workerSettings } from "../../packages/cli/src/settings/worker-settings.ts";
import { tableAfter } from "./tables.mjs";

const page = readFileSync(new URL("../../docs/reference/configuration.md", import.meta.url), "utf8");
const keyOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
const options = { cwd: "/", env: {}, args: { plugin: [] } };

const daemons: [string, object, () => Promise<object>][] = [
  ["serverSettings", serverSettings, () => readServerSettings(options)],
  ["workerSettings", workerSettings, () => readWorkerSettings(options)],
];

describe.each(daemons)("%s", (mark, settings, read) => {
  const rows = tableAfter(page, `compared with ${mark}`).slice(1);

  test("every key has a row, and there is no other", () => {
    expect(rows.map(([key]) => key).sort()).toEqual(Object.keys(settings).map(keyOf).sort());
  });

  test("defaults are what they are", async () => {
    const found = new Map(Object.entries(await read()).map(([name, value]) => [keyOf(name), value]));
    const said = Object.fromEntries(rows.map(([key, value]) => [key, value]));
    const real = rows.map(([key = ""]) => {
      const value = found.get(key);
      if (key === "name") return [key, value === hostname() ? "the host's name" : value];
      if (value === undefined) return [key, "none"];
      const text = typeof value === "string" ? value : JSON.stringify(value);
      return [key, `\`${text.replace(`${hostname()}.key_secret`, "NAME.key_secret")}\``];
    });
    expect(said).toEqual(Object.fromEntries(real));
  });
});

test("the examples are settings", async () => {
  const folder = await mkdtemp(join(tmpdir(), "basalt-docs-"));
  try {
    for (const name of ["server", "worker"]) {
      const example = new RegExp(`# /etc/basalt/${name}\\.yaml\n[\\s\\S]*?(?=\`\`\`)`).exec(page)?.[0] ?? "- none";
      const file = join(folder, `${name}.yaml`);
      await writeFile(file, example);
      const read = name === "server" ? readServerSettings : readWorkerSettings;
      await expect(read({ ...options, args: { plugin: [], config: file } })).resolves.toMatchObject({ encrypt: true });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("the keys of basalt.config.yaml are those that are known", async () => {
  const keys = tableAfter(page, "compared with basalt.config.yaml")
    .slice(1)
    .map(([key]) => key);
  const folder = await mkdtemp(join(tmpdir(), "basalt-docs-"));
  try {
    await writeFile(join(folder, "basalt.config.yaml"), "no-such-key-at-all: 1\n");
    const refused = await readConfig(folder, undefined).catch((error: Error) => error.message);
    expect(refused).toContain(`known: ${keys.join(", ")}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
