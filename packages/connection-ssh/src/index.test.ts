import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Console, type Resolve, toDevice } from "@basalt/core";
import ssh2 from "ssh2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ssh } from "./index.js";

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
      session.on("exec", (acceptExec, _reject, { command }) => acceptExec().write(`ran ${command}\r\n`));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
});
afterAll(async () => {
  for (const client of clients) client.end();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  rmSync(folder, { recursive: true });
});

const open = (config: object) =>
  ssh.open({
    device: toDevice({}),
    connection: {
      name: "primary",
      driver: "ssh",
      tags: [],
      config: { host: "127.0.0.1", port: (server.address() as AddressInfo).port, user: "lab", ...config },
    },
    resolve: (() => files) as unknown as Resolve,
    signal,
  });

test("a shell by key, both ways, and a closed connection when it ends", async () => {
  await using console = new Console(await open({ identity_file: keyFile }));
  await console.expect(["$ "], { signal });
  await console.send("uname\n");
  await console.expect(["UNAME"], { signal });
  await console.send("exit\n");
  await expect(console.expect(["never"], { signal })).rejects.toMatchObject({ code: "ERR_CONNECTION_CLOSED" });
});

test("a command in place of the shell, by password", async () => {
  await using console = new Console(await open({ password: "s3cret", command: "console board-3" }));
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
