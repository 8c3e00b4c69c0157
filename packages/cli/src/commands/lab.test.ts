import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Io } from "../io.js";
import { main } from "../main.js";
import { openAdminBench } from "../testing/admin.js";

it("does not start on what a killed restore left", async () => {
  using bench = openAdminBench({});
  const said: string[] = [];
  const write = (text: string): void => void said.push(text);
  const io: Io = {
    stdout: { write },
    stderr: { write },
    env: {},
    cwd: bench.folder,
    onSignal: () => () => {},
    onFatal: () => () => {},
    kill() {},
  };
  mkdirSync(join(bench.folder, "lab", "server"), { recursive: true });
  const mark = { file: "/backup/all.tar", fresh: [], tables: null };
  writeFileSync(join(bench.folder, "lab", "server", "restore-began.json"), JSON.stringify(mark));
  const status = await main(["lab", "--simulated", "--port", "0", "--state-folder", "lab"], io);
  expect(status, said.join("")).toBe(2);
  expect(said.join("")).toContain(
    "run 'basalt admin restore /backup/all.tar' again, it begins anew (ERR_RESTORE_INTERRUPTED)",
  );
}, 60_000);
