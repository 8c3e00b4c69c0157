import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { testStore } from "@basalt/server/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Io } from "../io.js";
import { main } from "../main.js";
import { type AdminBench, openAdminBench } from "../testing/admin.js";
import { Events } from "../testing/events.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let store: Awaited<ReturnType<typeof testStore>>;
let bench: AdminBench;
beforeEach(async () => {
  store = await testStore();
  bench = openAdminBench({ url: store.secretUrl });
});
afterEach(async () => {
  bench[Symbol.dispose]();
  await store.close();
});

/** `basalt server` in this process, on free ports. */
function server() {
  const printed = new Events();
  const handlers = new Set<(signal: string) => void>();
  const io: Io = {
    stdout: { write: (text) => printed.add(text) },
    stderr: { write: (text) => printed.add(text) },
    env: { DATABASE_URL: store.secretUrl },
    cwd: bench.folder,
    onSignal(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onFatal: () => () => {},
    kill() {},
  };
  const argv = ["server", "--state-folder", bench.stateFolder, "--port", "0", "--workers", "tcp://127.0.0.1:*"];
  const status = main(argv, io);
  const stop = (): Promise<number> => {
    for (const handler of handlers) handler("SIGTERM");
    return status;
  };
  return { status, printed, stop };
}

it("says how somebody can log in where nobody can; basalt admin works beside it", async () => {
  const first = server();
  await first.printed.seen("nobody can log in yet: make a first superuser with 'basalt admin init --state-folder");
  expect(await bench.admin("init")).toMatchObject({ status: 0 });
  expect(await bench.admin("workers", "add", "rack-1")).toMatchObject({ status: 0 });
  expect(await first.stop()).toBe(0);
  const second = server();
  await second.printed.seen("pages and API: http://127.0.0.1:");
  const { out } = await bench.admin("check", "--all");
  expect(out).toContain("✖ workers: rack-1 offline");
  expect(out).not.toContain("no server of this instance runs");
  expect(await second.stop()).toBe(0);
  expect(second.printed.all.join("")).not.toContain("nobody can log in");
});

it("does not start on what a killed restore left", async () => {
  mkdirSync(bench.stateFolder);
  const mark = { file: "/backup/all.tar", fresh: [], tables: null };
  writeFileSync(join(bench.stateFolder, "restore-began.json"), JSON.stringify(mark));
  const { status, printed } = server();
  expect(await status).toBe(2);
  expect(printed.all.join("")).toContain(
    "run 'basalt admin restore /backup/all.tar' again, it begins anew (ERR_RESTORE_INTERRUPTED)",
  );
});
