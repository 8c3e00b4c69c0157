import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readWorkerSettings } from "./worker-settings.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "basalt-settings-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const read = (args: object = {}) => readWorkerSettings({ cwd: dir, env: {}, args: { plugin: [], ...args } });
const fromFile = async (text: string, args: object = {}) => {
  await writeFile(join(dir, "worker.yaml"), text);
  return read({ config: "worker.yaml", ...args });
};

describe("settings of a worker", () => {
  it("need not be given", async () => {
    expect(await read()).toEqual({
      server: "tcp://127.0.0.1:5556",
      name: hostname(),
      stateFolder: "/var/lib/basalt/worker",
      encrypt: false,
      keys: "/var/lib/basalt/worker/keys",
      serverKey: "/var/lib/basalt/worker/keys/server.key",
      workerKey: `/var/lib/basalt/worker/keys/${hostname()}.key_secret`,
      logLevel: "info",
      logFormat: "text",
      plugin: [],
    });
  });

  it("come from the file, with paths that start there; options count more", async () => {
    const text = `server: tcp://server.lab:5556
name: rack-1
state-folder: state
encrypt: true
log-level: DEBUG
plugin: [./mine]
`;
    expect(await fromFile(text, { name: "rack-2", logFormat: "json" })).toEqual({
      server: "tcp://server.lab:5556",
      name: "rack-2",
      stateFolder: join(dir, "state"),
      encrypt: true,
      keys: join(dir, "state/keys"),
      serverKey: join(dir, "state/keys/server.key"),
      workerKey: join(dir, "state/keys/rack-2.key_secret"),
      logLevel: "debug",
      logFormat: "json",
      plugin: ["./mine"],
    });
    expect(await fromFile("")).toMatchObject({ name: hostname() });
  });

  it("encrypt where a key is named", async () => {
    expect(await read({ workerKey: "a.key_secret" })).toMatchObject({
      encrypt: true,
      workerKey: join(dir, "a.key_secret"),
    });
    expect(await fromFile("server-key: s.key")).toMatchObject({ encrypt: true });
    expect(await fromFile("server-key: s.key\nencrypt: false")).toMatchObject({ encrypt: false });
  });

  it.each([
    ["server: tcp://a:1\nnmae: x\n", ':2: "nmae" is not a setting: did you mean "name"?'],
    ["server: 5556", ':1: "server" is 5556, expected an address such as tcp://server.lab:5556'],
    ["\n\nlog-level: loud", ':3: "log-level" is "loud", expected one of debug, info, warning, error'],
    ["encrypt: maybe", ':1: "encrypt" is "maybe", expected true or false'],
    ["name: ../x", ':1: "name" is "../x", expected a name of letters'],
    ["name:", ':1: "name" is null, expected a name'],
    ["plugin: [3]", ':1: "plugin" is [3], expected a list of package names or paths'],
    ["- a", ':1: the settings are ["a"], expected a mapping'],
  ])("that are wrong are told with file, line, value and what was expected: %j", async (text, words) => {
    const refused = fromFile(text);
    await expect(refused).rejects.toMatchObject({ code: "ERR_CONFIG_INVALID", kind: "configuration" });
    await expect(refused).rejects.toThrow(`${join(dir, "worker.yaml")}${words}`);
  });

  it("of the command line are checked, too", async () => {
    await expect(read({ server: "x" })).rejects.toThrow('--server is "x", expected an address');
    await expect(read({ logFormat: "xml" })).rejects.toThrow('--log-format is "xml", expected one of text, json');
    await expect(read({ config: "none.yaml" })).rejects.toMatchObject({ code: "ERR_CONFIG_UNREADABLE" });
  });
});
