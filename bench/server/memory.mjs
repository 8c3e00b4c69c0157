import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const read = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it ended just now
  }
};

const parentOf = (pid) => Number(/^.*\) \S (\d+)/s.exec(read(`/proc/${pid}/stat`))?.[1]);

/** A process and all below it. */
function familyOf(pid) {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const family = new Set([pid]);
  for (let size = 0; size !== family.size; ) {
    size = family.size;
    for (const name of all) if (family.has(parentOf(name))) family.add(Number(name));
  }
  return [...family];
}

const mebibytes = (pid, name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1_024;

/**
 * MiB of all processes of `basalt lab` that has nothing to do, by PSS: a page that several processes share is counted by its share. `alone`: with all
 * pages of Node's own process, of which other Nodes on this machine (this one) have a share.
 */
export async function measureMemory({ script }, { settleMs }) {
  const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));
  // PostgreSQL does not run as root: its user has to get through
  chmodSync(folder, 0o711);
  const output = join(folder, "lab.log");
  const file = openSync(output, "a");
  const child = spawn(
    process.execPath,
    [script, "lab", "--simulated", "--port", "0", "--state-folder", join(folder, "lab")],
    {
      cwd: folder,
      stdio: ["ignore", file, file],
    },
  );
  const gone = new Promise((resolve) => child.once("exit", resolve));
  try {
    for (const begin = performance.now(); !/http:\/\//.test(read(output)); ) {
      if (child.exitCode !== null || performance.now() - begin > 60_000)
        throw new Error(`basalt lab did not start: ${read(output)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await new Promise((resolve) => setTimeout(resolve, settleMs));
    const family = familyOf(child.pid);
    const pss = family.reduce((sum, pid) => sum + mebibytes(pid, "Pss"), 0);
    const alone = pss - mebibytes(child.pid, "Pss") + mebibytes(child.pid, "Rss");
    return { pss, alone, processes: family.length };
  } finally {
    child.kill("SIGTERM");
    await gone;
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}
