import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { main } from "../main.js";

/** What a command of `basalt admin` said. */
export interface AdminRun {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** `basalt admin` on an instance of its own, in this process. */
export interface AdminBench extends Disposable {
  readonly folder: string;
  readonly stateFolder: string;
  write(name: string, text: string): string;
  admin(...argv: readonly string[]): Promise<AdminRun>;
  /** As `admin`, with `--json`, read. @throws where it failed */
  json<T>(...argv: readonly string[]): Promise<T>;
}

export interface AdminBenchOptions {
  /** DATABASE_URL; without it the database is one of its own in the state folder. */
  readonly url?: string;
  readonly stateFolder?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Called when a command listens for signals. */
  readonly onSignal?: (send: (signal: string) => void) => void;
}

export function openAdminBench({ url, stateFolder, env = {}, onSignal }: AdminBenchOptions = {}): AdminBench {
  const folder = mkdtempSync(join(tmpdir(), "basalt-admin-"));
  // as root, PostgreSQL runs as somebody else and has to get through
  chmodSync(folder, 0o711);
  const state = stateFolder ?? join(folder, "state");
  const admin = async (...argv: readonly string[]): Promise<AdminRun> => {
    const text = { out: "", err: "" };
    const stream = (to: "out" | "err") => ({
      write(more: string) {
        text[to] += more;
      },
    });
    const status = await main(["admin", "--state-folder", state, ...argv], {
      stdout: stream("out"),
      stderr: stream("err"),
      env: { LANG: "C.UTF-8", SUDO_USER: "alice", ...(url === undefined ? {} : { DATABASE_URL: url }), ...env },
      cwd: folder,
      onSignal(handler) {
        onSignal?.(handler);
        return () => {};
      },
      onFatal: () => () => {},
      kill() {},
    });
    return { status, ...text };
  };
  return {
    folder,
    stateFolder: state,
    admin,
    write(name, text) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
      return join(folder, name);
    },
    async json(...argv) {
      const run = await admin(...argv, "--json");
      if (run.status !== 0) throw new Error(`${argv.join(" ")}: ${run.status}: ${run.err}${run.out}`);
      return JSON.parse(run.out);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}
