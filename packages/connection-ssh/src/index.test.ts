import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, FileStoreToken, toDevice } from "@basalt/core";
import { pluginContract, resolveOf } from "@basalt/testing";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { ssh } from "./index.js";

const signal = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), "ssh-"));
const keyFile = join(folder, "id_rsa");
let server: ssh2.Server;
/** The worker's files, as far as a key is read from them. */
const files = { readText: (path: string) => readFile(path, "utf8") };
const clients = new Set<ssh2.Connection>();

/** A shell that greets, echoes lines in capitals and hangs up at "exit". */
function shell(channel: ssh2.ServerChannel): void {
  channel.write("lab console\r\n$ ");
  channel.on("data", (data: Buffer) => {
    if (String(data).includes("exit")) return channel.end();
    channel.write(`${String(data).toUpperCase()}$ `);
  });
}

/** A console that answers lines, one that hangs up, or one that tells its name. */
function run(channel: ssh2.ServerChannel, command: string): void {
  if (command === "console board-3") return void channel.write(`ran ${command}\r\n`);
  channel.write("login: ");
  channel.on("data", (data: Buffer) =>
    command === "drop" ? channel.end() : channel.write(`you said ${String(data).trim()}\r\n`),
  );
}

beforeAll(async () => {
  const make = () =>
    generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "pkcs1", format: "pem" },
      privateKeyEncoding: { type: "pkcs1", format: "pem" },
    });
  writeFileSync(keyFile, make().privateKey, { mode: 0o600 });
  server = new ssh2.Server({ hostKeys: [make().privateKey] }, (client) => {
    clients.add(client);
    client.on("close", () => clients.delete(client));
    client.on("error", () => {});
    client.on("authentication", (auth) =>
      auth.method === "publickey" || (auth.method === "password" && auth.password === "s3cret")
        ? auth.accept()
        : auth.reject(["publickey", "password"]),
    );
    client.on("session", (accept) => {
      const session = accept();
      session.on("pty", (acceptPty) => acceptPty?.());
      session.on("shell", (acceptShell) => shell(acceptShell()));
      session.on("exec", (acceptExec, _reject, { command }) => run(acceptExec(), command));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(async () => {
  for (const client of clients) client.end();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(folder, { recursive: true });
});

const open = (config: object, stop = signal) =>
  ssh.open({
    device: toDevice({}),
    connection: {
      name: "primary",
      driver: "ssh",
      tags: [],
      config: { host: "127.0.0.1", port: (server.address() as AddressInfo).port, user: "lab", ...config },
    },
    resolve: resolveOf([FileStoreToken, files]),
    signal: stop,
  });

test("a shell by key, both ways, and a closed connection when it ends", async () => {
  await using transport = await open({ identity_file: keyFile });
  await using console = new Console(transport);
  await console.expect(["$ "], { signal });
  await console.send("uname\n");
  await console.expect(["UNAME"], { signal });
  await console.send("exit\n");
  await expect(console.expect(["never"], { signal })).rejects.toMatchObject({ code: "ERR_CONNECTION_CLOSED" });
});

test("a command in place of the shell, by password", async () => {
  await using transport = await open({ password: "s3cret", command: "console board-3" });
  await using console = new Console(transport);
  await console.expect(["ran console board-3"], { signal });
});

test("a wrong password is refused, and not told", async () => {
  const error: Error = await open({ password: "wrong-one" }).then(
    () => new Error("opened"),
    (e: Error) => e,
  );
  expect(error).toMatchObject({
    code: "ERR_CONNECTION_REFUSED",
    message: expect.stringContaining("check user, password"),
  });
  expect(error.message).not.toContain("wrong-one");
});

test("another host key is named with the one that was expected", async () => {
  await expect(open({ password: "s3cret", host_key: "SHA256:other" })).rejects.toMatchObject({
    code: "ERR_CONNECTION_HOST_KEY",
    message: expect.stringMatching(/SHA256:[\w+/]{20,}.*SHA256:other/),
  });
});

test("a key file that can't be read is the configuration's fault", async () => {
  await expect(open({ identity_file: join(folder, "none") })).rejects.toMatchObject({
    kind: "configuration",
    code: "ERR_IDENTITY_FILE",
  });
});

/** A server that takes connections and says nothing. */
const mute = createServer((socket) => {
  silent.add(socket);
  socket.on("close", () => silent.delete(socket)).on("error", () => {});
  socket.resume();
});
const silent = new Set<Socket>();
const mutePort = new Promise<number>((resolve) =>
  mute.listen(0, "127.0.0.1", () => resolve((mute.address() as AddressInfo).port)),
);
afterAll(() => new Promise((resolve) => mute.close(resolve)));

const password = "s3cret";
const contract = pluginContract(plugin, {
  manifest,
  connection: {
    works: (stop) => open({ password, command: "talk" }, stop),
    drops: (stop) => open({ password, command: "drop" }, stop),
    refused: (stop) => open({ password, port: 9 }, stop),
    busy: "ssh serves everybody",
    silent: async (stop) => open({ password, port: await mutePort }, stop),
    held: () => clients.size + silent.size,
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
