import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentDaemonLog } from "@basalt/core";
import { createServerKeys, createWorkerKeys, openServerEncryption } from "@basalt/link";
import { startServerLink } from "@basalt/server";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Io } from "../io.js";
import { main } from "../main.js";
import { Events } from "../testing/events.js";
import { FakeBackend } from "../testing/fake-backend.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "basalt-worker-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** The command in this process; `signal` ends it as one from outside would. */
function basalt(...argv: string[]) {
  const printed = new Events();
  const handlers = new Set<(signal: string) => void>();
  const io: Io = {
    stdout: { write: (text) => printed.add(text) },
    stderr: { write: (text) => printed.add(text) },
    env: {},
    cwd: dir,
    onSignal(handler) {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    onFatal: () => () => {},
    kill() {},
  };
  const status = main(["worker", ...argv], io);
  return {
    status,
    printed,
    signal(name: string) {
      for (const handler of handlers) handler(name);
    },
  };
}

/** What was said, without times. */
const said = (printed: Events) => printed.all.map((line) => line.replace(/^[\d-]+ [\d:,]+ /, "").trim());

describe("basalt worker", () => {
  it("reaches an encrypted server, says so as the documents show, and stops when told", async () => {
    const keys = join(dir, "server-keys");
    await createServerKeys(keys);
    const { secretFile } = await createWorkerKeys("rack-1", keys);
    await rename(secretFile, join(dir, "rack-1.key_secret"));
    await using encryption = await openServerEncryption(
      { serverKey: join(keys, "server.key_secret"), workerKeys: join(keys, "workers.d") },
      silentDaemonLog,
    );
    const backend = new FakeBackend();
    await using link = await startServerLink({
      endpoint: "tcp://127.0.0.1:*",
      encryption,
      version: "1.0",
      backend,
      log: silentDaemonLog,
    });
    await writeFile(
      join(dir, "worker.yaml"),
      `server: ${link.endpoint}\nname: rack-1\nstate-folder: state\nserver-key: server-keys/server.key\nworker-key: rack-1.key_secret\nlog-level: debug\n`,
    );
    const worker = basalt("--config", "worker.yaml");
    await worker.printed.seen("Connection with the master established");
    expect(link.connected()).toEqual(["rack-1"]);
    worker.signal("SIGTERM");
    expect(await worker.status).toBe(0);
    expect(said(worker.printed)).toEqual([
      "INFO Creating ZMQ context and socket connections",
      "INFO Starting encryption",
      `DEBUG Opening slave certificate: ${dir}/rack-1.key_secret`,
      `DEBUG Opening master certificate: ${dir}/server-keys/server.key`,
      `INFO Connecting to master as <rack-1> server=${link.endpoint}`,
      `INFO Connection is encrypted using ${dir}/rack-1.key_secret`,
      "DEBUG Greeting the master => 'HELLO'",
      "INFO Waiting for the master to reply",
      "DEBUG The master replied: ['HELLO_OK']",
      "INFO Connection with the master established",
      "INFO SIGTERM: the worker stops, its jobs go on",
      "DEBUG Saying goodbye to the master => 'BYE'",
    ]);
  });

  it("refuses settings and keys that are wrong, before it does anything", async () => {
    await writeFile(join(dir, "worker.yaml"), "server: tcp://a:1\nport: 3\n");
    const wrong = basalt("--config", "worker.yaml");
    expect(await wrong.status).toBe(2);
    expect(wrong.printed.all.join("")).toContain(`${dir}/worker.yaml:2: "port" is not a setting`);
    const keyless = basalt("--encrypt", "--name", "x", "--state-folder", "state");
    expect(await keyless.status).toBe(2);
    expect(keyless.printed.all.join("")).toContain(
      `key file ${dir}/state/keys/x.key_secret could not be read: there is no such file; make it on the server with 'basalt admin keys create x'`,
    );
    const fileless = basalt("--config", "none.yaml");
    expect(await fileless.status).toBe(2);
    expect(fileless.printed.all.join("")).toContain(
      `can't read the settings in ${dir}/none.yaml: there is no such file; correct --config, or leave it out`,
    );
  });

  it.each([
    ["settings: jobs.yaml", "/jobs.yaml: there is no such file; correct the path"],
    ["plugin: [nosuch]", "plugin nosuch is not installed"],
  ])("refuses what its jobs would fail by: %s", async (line, words) => {
    await writeFile(join(dir, "worker.yaml"), `state-folder: state\n${line}\n`);
    const { status, printed } = basalt("--config", "worker.yaml");
    expect(await status).toBe(2);
    expect(printed.all.join("")).toContain(words);
  });
});
