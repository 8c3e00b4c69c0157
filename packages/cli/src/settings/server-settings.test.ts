import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readServerSettings } from "./server-settings.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "basalt-settings-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const read = (args: object = {}, env: Record<string, string> = {}) =>
  readServerSettings({ cwd: dir, env, args: { plugin: [], ...args } });
const fromFile = async (text: string, args: object = {}, env: Record<string, string> = {}) => {
  await writeFile(join(dir, "server.yaml"), text);
  return read({ config: "server.yaml", ...args }, env);
};

describe("settings of a server", () => {
  it("need not be given", async () => {
    expect(await read()).toEqual({
      stateFolder: "/var/lib/basalt/server",
      host: "127.0.0.1",
      port: 8000,
      workers: "tcp://127.0.0.1:5556",
      encrypt: false,
      serverKey: "/var/lib/basalt/server/keys/server.key_secret",
      workerKeys: "/var/lib/basalt/server/keys/workers.d",
      autoRegister: true,
      trustProxy: false,
      allowedHost: [],
      jobLostAfter: 600,
      logLevel: "info",
      logFormat: "text",
      plugin: [],
    });
  });

  it("come from the file, with paths that start there; options count more, the environment less", async () => {
    const text = `state-folder: state
database-url: postgresql://basalt:secret@db/basalt
host: 10.0.0.1
port: 80
workers: tcp://10.0.0.1:5556
encrypt: true
job-lost-after: 0
allowed-host: [lab.example.org]
queue-timeout: 3600
log-level: DEBUG
plugin: [./mine]
`;
    const env = { STATE_DIRECTORY: "/env/state", DATABASE_URL: "postgresql://env/env" };
    expect(await fromFile(text, { port: "8080", logFormat: "json" }, env)).toEqual({
      stateFolder: join(dir, "state"),
      databaseUrl: "postgresql://basalt:secret@db/basalt",
      host: "10.0.0.1",
      port: 8080,
      workers: "tcp://10.0.0.1:5556",
      encrypt: true,
      serverKey: join(dir, "state/keys/server.key_secret"),
      workerKeys: join(dir, "state/keys/workers.d"),
      autoRegister: true,
      trustProxy: false,
      allowedHost: ["lab.example.org"],
      jobLostAfter: 0,
      queueTimeout: 3600,
      logLevel: "debug",
      logFormat: "json",
      plugin: ["./mine"],
    });
    expect(await fromFile("", {}, env)).toMatchObject({
      stateFolder: "/env/state",
      databaseUrl: "postgresql://env/env",
    });
    expect(await fromFile("", { stateFolder: "s" }, env)).toMatchObject({
      stateFolder: join(dir, "s"),
      workerKeys: join(dir, "s/keys/workers.d"),
    });
  });

  it("encrypt where a key is named", async () => {
    expect(await read({ workerKeys: "keys" })).toMatchObject({ encrypt: true, workerKeys: join(dir, "keys") });
    expect(await fromFile("server-key: s.key_secret")).toMatchObject({ encrypt: true });
    expect(await fromFile("server-key: s.key_secret\nencrypt: false")).toMatchObject({ encrypt: false });
  });

  it.each<[string, object, boolean]>([
    ["this machine's programs", { workers: "tcp://127.0.0.1:5556" }, true],
    ["this machine's programs, by its other names", { workers: "tcp://[::1]:5556" }, true],
    ["all the world without keys", { workers: "tcp://0.0.0.0:5556" }, false],
    ["a name that only begins like this machine's", { workers: "tcp://localhost.evil.lab:5556" }, false],
    ["all the world, each by its key", { workers: "tcp://0.0.0.0:5556", encrypt: true }, true],
    ["all the world, as somebody wishes", { workers: "tcp://0.0.0.0:5556", autoRegister: true }, true],
    ["nobody, as somebody wishes", { autoRegister: false }, false],
  ])("workers that nobody added: %s", async (_what, args, expected) => {
    expect((await read(args)).autoRegister).toBe(expected);
  });

  it.each([
    ["port: 70000", ':1: "port" is 70000, expected a port from 0 to 65535'],
    ["port: eighty", ':1: "port" is "eighty", expected a port'],
    ["workers: 5556", ':1: "workers" is 5556, expected an address such as tcp://127.0.0.1:5556'],
    ["\njob-lost-after: -1", ':2: "job-lost-after" is -1, expected a whole number of seconds'],
    ["queue-timeout: 1.5", ':1: "queue-timeout" is 1.5, expected a whole number of seconds'],
    ["allowed-host: lab", ':1: "allowed-host" is "lab", expected names such as lab.example.org'],
    ["allowed-host: ['lab:80']", "expected names such as lab.example.org, without a port, or *"],
    ["database_url: x", '"database_url" is not a setting: did you mean "database-url"?'],
    ["auto-register: maybe", ':1: "auto-register" is "maybe", expected true or false'],
  ])("that are wrong are told with file, line, value and what was expected: %j", async (text, words) => {
    const refused = fromFile(text);
    await expect(refused).rejects.toMatchObject({ code: "ERR_CONFIG_INVALID", kind: "configuration" });
    await expect(refused).rejects.toThrow(words);
  });

  it("of the command line are checked, too; a database's password does not belong there", async () => {
    await expect(read({ port: "x" })).rejects.toThrow('--port is "x", expected a port from 0 to 65535');
    await expect(read({ workers: "http://a" })).rejects.toThrow("--workers");
    await expect(read({ config: "none.yaml" })).rejects.toMatchObject({ code: "ERR_CONFIG_UNREADABLE" });
  });
});
