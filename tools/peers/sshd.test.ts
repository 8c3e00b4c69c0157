import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { ssh } from "@basalt/connection-ssh";
import { Console, toDevice } from "@basalt/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort, listens, options, PeerBench, peer, until } from "./peer.js";

const program = peer("sshd", "openssh-server");
const keygen = peer("ssh-keygen", "openssh-client");
const { signal } = options;

describe.skipIf(!program || !keygen)("sshd on loopback", () => {
  const bench = new PeerBench();
  const hostKey = bench.path("host_key");
  const ownKey = bench.path("own_key");
  let port = 0;
  let fingerprint = "";

  beforeAll(async () => {
    port = await freePort();
    for (const path of [hostKey, ownKey]) spawnSync(keygen as string, ["-q", "-t", "ed25519", "-N", "", "-f", path]);
    fingerprint =
      /SHA256:\S+/.exec(spawnSync(keygen as string, ["-l", "-f", hostKey], { encoding: "utf8" }).stdout)?.[0] ?? "";
    writeFileSync(bench.path("authorized_keys"), readFileSync(`${ownKey}.pub`));
    if (process.getuid?.() === 0) mkdirSync("/run/sshd", { recursive: true }); // sshd insists, as root
    writeFileSync(
      bench.path("sshd_config"),
      [
        `Port ${port}`,
        "ListenAddress 127.0.0.1",
        `HostKey ${hostKey}`,
        `AuthorizedKeysFile ${bench.path("authorized_keys")}`,
        "PasswordAuthentication no",
        "PermitRootLogin yes",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
        "",
      ].join("\n"),
    );
    bench.start([program as string, "-D", "-e", "-f", bench.path("sshd_config")]);
    await until(() => listens(port));
  });
  afterAll(() => bench[Symbol.asyncDispose]());

  const open = async (config: object) =>
    ssh.open({
      device: toDevice({}),
      connection: {
        name: "primary",
        driver: "ssh",
        tags: [],
        config: { host: "127.0.0.1", port, user: userInfo().username, identity_file: ownKey, ...config },
      },
      resolve: await bench.services(),
      signal,
    });

  test("a command on a terminal, both ways, and a closed connection when it ends", async () => {
    const command = 'echo ready; read line; echo "got $line"';
    await using console = new Console(await open({ command, host_key: fingerprint }));
    await console.expect(["ready"], { signal });
    await console.send("hello\n");
    await console.expect(["got hello"], { signal });
    await expect(console.expect(["never"], { signal })).rejects.toMatchObject({ code: "ERR_CONNECTION_CLOSED" });
  });

  test("a host key that is another one is refused", async () => {
    await expect(open({ host_key: "SHA256:another" })).rejects.toMatchObject({
      kind: "infrastructure",
      code: "ERR_CONNECTION_HOST_KEY",
      message: expect.stringContaining(fingerprint),
    });
  });

  test("a user who may not log in", async () => {
    await expect(open({ identity_file: hostKey })).rejects.toMatchObject({ code: "ERR_CONNECTION_REFUSED" });
  });
});
