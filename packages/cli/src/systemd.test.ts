import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const folder = fileURLToPath(new URL("../systemd", import.meta.url));
const units = ["basalt-server.service", "basalt-worker.service"];
const analyze = spawnSync("systemd-analyze", ["--version"], { stdio: "ignore" }).status === 0;

describe("systemd units", () => {
  test.skipIf(!analyze).each(units)("%s: systemd-analyze verify finds nothing (needs systemd-analyze)", (unit) => {
    const run = spawnSync("systemd-analyze", ["verify", `${folder}/${unit}`], { encoding: "utf8" });
    // other units of this machine are none of ours
    const about = `${run.stdout}${run.stderr}`.split("\n").filter((line) => line.includes("basalt"));
    expect(about).toEqual([]);
    expect(run.status).toBe(0);
  });

  test("a worker's jobs outlive its restart, and the server stops its own PostgreSQL", () => {
    expect(readFileSync(`${folder}/basalt-worker.service`, "utf8")).toMatch(/^KillMode=process$/m);
    expect(readFileSync(`${folder}/basalt-server.service`, "utf8")).toMatch(/^KillMode=mixed$/m);
  });
});
