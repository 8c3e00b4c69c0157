import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readConfig } from "./config.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "basalt-config-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("a folder without settings has none; a file that is named must be there", async () => {
  expect(await readConfig(folder, undefined)).toMatchObject({ folder, plugins: [], templates: [] });
  await expect(readConfig(folder, "basalt.config.yaml")).rejects.toMatchObject({ code: "ERR_CONFIG_UNREADABLE" });
});

test.skipIf(process.getuid?.() !== 0)(
  "`sudo -u basalt basalt ...` in /root: nobody's settings (needs root)",
  async () => {
    writeFileSync(join(folder, "basalt.config.yaml"), "plugins: [secret]\n");
    chmodSync(folder, 0o700);
    const { seteuid } = process;
    seteuid?.(65_534);
    try {
      expect(await readConfig(folder, undefined)).toMatchObject({ plugins: [] });
      await expect(readConfig(folder, "basalt.config.yaml")).rejects.toMatchObject({ code: "ERR_CONFIG_UNREADABLE" });
    } finally {
      seteuid?.(0);
    }
    expect(await readConfig(folder, undefined)).toMatchObject({ plugins: ["secret"] });
    // one that is there for all to see, and for none to read, is a mistake that is told
    chmodSync(folder, 0o755);
    chmodSync(join(folder, "basalt.config.yaml"), 0o600);
    seteuid?.(65_534);
    try {
      await expect(readConfig(folder, undefined)).rejects.toMatchObject({ code: "ERR_CONFIG_UNREADABLE" });
    } finally {
      seteuid?.(0);
    }
  },
);
