import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("../systemd", import.meta.url));
const units = ["basalt-server.service", "basalt-worker.service"];
const rates =
  Number(/^systemd (\d+)/.exec(spawnSync("systemd-analyze", ["--version"], { encoding: "utf8" }).stdout)?.[1]) >= 250;
const analyze = spawnSync("systemd-analyze", ["--version"], { stdio: "ignore" }).status === 0;

describe("systemd units", () => {
  test.skipIf(!analyze).each(units)("%s: systemd-analyze verify finds nothing (needs systemd-analyze)", (unit) => {
    const run = spawnSync("systemd-analyze", ["verify", `${folder}/${unit}`], { encoding: "utf8" });
    // other units of this machine are none of ours
    const about = `${run.stdout}${run.stderr}`.split("\n").filter((line) => line.includes("basalt"));
    expect(about).toEqual([]);
    expect(run.status).toBe(0);
  });

  test.skipIf(!rates)("the server is shut in: systemd-analyze rates it below 2.5 of 10 (needs systemd 250)", () => {
    const security = ["security", "--offline=true", "--threshold=25", "--no-pager", `${folder}/basalt-server.service`];
    const { stdout, stderr, status } = spawnSync("systemd-analyze", security, { encoding: "utf8" });
    expect(`${stdout.split("\n").at(-2)}${stderr}`).toMatch(/Overall exposure level .*: [012]\./);
    expect(status).toBe(0);
  });

  test("what would break them is not there", () => {
    // the server compiles JavaScript as it runs, and looks in /proc for whoever has its database open
    const server = readFileSync(`${folder}/basalt-server.service`, "utf8");
    expect(server).not.toMatch(/^(MemoryDenyWriteExecute|ProtectProc|ProcSubset)=/m);
    // a job and the next worker have to see the same files
    expect(readFileSync(`${folder}/basalt-worker.service`, "utf8")).not.toMatch(/^(Private|Protect|ReadOnly)\w+=/m);
  });

  test("a worker's jobs outlive its restart, and the server stops its own PostgreSQL", () => {
    expect(readFileSync(`${folder}/basalt-worker.service`, "utf8")).toMatch(/^KillMode=process$/m);
    expect(readFileSync(`${folder}/basalt-server.service`, "utf8")).toMatch(/^KillMode=mixed$/m);
  });
});
