import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const until = async (what, holds) => {
  for (const begin = performance.now(); ; ) {
    const found = await holds();
    if (found) return found;
    if (performance.now() - begin > 60_000) throw new Error(`no ${what} within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** `basalt server` with a database of its own in a folder of its own, and a store beside it. */
export async function openLab({ script, plugin, product }, { nodeOptions = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));
  // PostgreSQL does not run as root: its user has to get through
  chmodSync(folder, 0o711);
  const [linkPort, httpPort] = [await freePort(), await freePort()];
  const output = join(folder, "server.log");
  const file = openSync(output, "a");
  const endpoint = `tcp://127.0.0.1:${linkPort}`;
  const child = spawn(
    process.execPath,
    [
      ...[...nodeOptions, script, "server", "--state-folder", join(folder, "server"), "--port", String(httpPort)],
      ...["--workers", endpoint, "--plugin", plugin],
    ],
    { cwd: folder, stdio: ["ignore", file, file] },
  );
  const gone = new Promise((resolve) => child.once("exit", resolve));
  const state = join(folder, "server");
  try {
    await until("server", () => {
      if (child.exitCode !== null) throw new Error(`the server ended: ${readFileSync(output, "utf8")}`);
      return readFileSync(output, "utf8").includes("pages and API");
    });
    const { host, port } = JSON.parse(readFileSync(join(state, "postgres/address.json"), "utf8"));
    const password = readFileSync(join(state, "postgres/password"), "utf8").trim();
    const url = `postgres://basalt:${encodeURIComponent(password)}@/basalt?host=${host}&port=${port}`;
    const store = await product.openStore({ url, stateFolder: state, migrate: false });
    return {
      folder,
      endpoint,
      store,
      pid: child.pid,
      url: `http://127.0.0.1:${httpPort}`,
      until,
      async close() {
        await store.close();
        child.kill("SIGTERM");
        await gone;
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      },
    };
  } catch (error) {
    child.kill("SIGKILL");
    await gone;
    if (existsSync(output)) console.error(readFileSync(output, "utf8").slice(-4_000));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    throw error;
  }
}
