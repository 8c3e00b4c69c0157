import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";

/**
 * A server process that has only a store. Says `open PID-OF-POSTMASTER OWN-UID`, or `refused CODE MESSAGE`; closes when its stdin ends. As `write`, it
 * stores tags `w<n>` one after the other and says `wrote w<n>` when one is committed.
 */
const program = `import { openStore } from "./open-store.ts";
import { readFileSync } from "node:fs";
const [stateFolder, mode] = process.argv.slice(2);
try {
  const store = await openStore({ stateFolder });
  console.log("open", parseInt(readFileSync(stateFolder + "/postgres/data/postmaster.pid", "utf8")), process.getuid());
  process.stdin.on("end", () => store.close().then(() => console.log("closed"))).resume();
  for (let n = 0; mode?.startsWith("write"); n++) {
    const name = mode + n;
    await store.transaction((trx) => trx("tags").insert({ name })).then(
      () => console.log("wrote", name),
      (error) => console.log("lost", name, error.code),
    );
  }
} catch (error) {
  console.log("refused", error.code, error.message);
}`;

/** Bundles {@link program} or another one beside `open-store.ts`, as the real command is bundled, into a file that any user may read. */
export async function bundleStoreProcess(folder: string, contents = program): Promise<string> {
  const outfile = join(folder, "store-process.mjs");
  const drivers = ["sqlite3", "better-sqlite3", "tedious", "mysql", "mysql2", "mariadb", "oracledb"];
  await build({
    stdin: { contents, resolveDir: join(import.meta.dirname, "..", "store"), loader: "ts" },
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@basalt/source"],
    external: [...drivers, "pg-query-stream", "pg-native"],
    banner: { js: 'import { createRequire as r } from "node:module"; const require = r(import.meta.url);' },
    logLevel: "error",
  });
  return outfile;
}

interface Options {
  readonly script: string;
  readonly stateFolder: string;
  /** Begins with `write`: the prefix of the tags. */
  readonly mode?: string;
  readonly uid?: number;
  readonly path?: string;
}

/** Starts the bundled program. The caller ends it. */
export function startStoreProcess({ script, stateFolder, mode, uid, path = process.env.PATH }: Options) {
  const child = spawn(process.execPath, [script, stateFolder, ...(mode === undefined ? [] : [mode])], {
    env: { PATH: path, NODE_PATH: join(import.meta.dirname, "../../../../node_modules") },
    stdio: ["pipe", "pipe", "inherit"],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const exited = once(child, "exit");
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const said = async (): Promise<string> => (await lines.next()).value ?? "nothing";
  return { child, exited, said };
}
