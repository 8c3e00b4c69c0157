import { execFileSync, spawnSync } from "node:child_process";
import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentDaemonLog } from "@basalt/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { curveKeyPair } from "zeromq";
import { formatCertificate, parseCertificate } from "./certificate.js";
import { createKeys, listKeys, readPublicKey, readSecretKey, removeKeys } from "./key-files.js";
import { openKeyFolder } from "./key-folder.js";
import { checkProof, makeProof } from "./proof.js";
import { createServerKeys, createWorkerKeys, openServerEncryption } from "./server-keys.js";
import { decodeZ85, encodeZ85, isCurveKey } from "./z85.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "basalt-keys-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("Z85", () => {
  it("is that of RFC 32", () => {
    expect(encodeZ85(new Uint8Array([0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b]))).toBe("HelloWorld");
    expect(Buffer.from(decodeZ85("HelloWorld")!).toString("hex")).toBe("864fd26fb559f75b");
  });

  it("comes back for every key, and refuses what is none", () => {
    for (let i = 0; i < 100; i++) {
      const { publicKey } = curveKeyPair();
      expect(encodeZ85(decodeZ85(publicKey)!)).toBe(publicKey);
    }
    expect(decodeZ85("four")).toBeUndefined();
    expect(decodeZ85('ab"cd')).toBeUndefined();
    expect(decodeZ85("#####")).toBeUndefined(); // above 2^32
    expect(isCurveKey("HelloWorld")).toBe(false);
  });
});

describe("certificates", () => {
  it("read what pyzmq writes", () => {
    const text =
      "#   ****  Generated on 2016-04-26 09:00:00.000000 by pyzmq  ****\n#   public-key = x\n\nmetadata\ncurve\n" +
      "    public-key = \"Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID\"\n    secret-key = 'D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs'\r\n";
    expect(parseCertificate(text)).toEqual({
      publicKey: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID",
      secretKey: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs",
    });
    expect(parseCertificate("public-key = short")).toBeUndefined();
    expect(parseCertificate("")).toBeUndefined();
  });

  it("come back whatever is in the keys", () => {
    for (let i = 0; i < 200; i++) {
      const pair = curveKeyPair();
      expect(parseCertificate(formatCertificate(pair, "c"))).toEqual(pair);
    }
  });

  const python = "/usr/bin/python3";
  const hasPyzmq = spawnSync(python, ["-c", "import zmq.auth"]).status === 0;
  it.runIf(hasPyzmq)("are pyzmq's, both ways", async () => {
    await createKeys("ours", dir);
    const script = [
      "import sys, zmq.auth",
      "zmq.auth.create_certificates(sys.argv[1], 'theirs')",
      "for name in ('ours', 'theirs'):",
      "    print(*[key.decode() for key in zmq.auth.load_certificate(f'{sys.argv[1]}/{name}.key_secret')])",
    ].join("\n");
    const printed = execFileSync(python, ["-c", script, dir], { encoding: "utf8" }).trim().split("\n");
    await chmod(join(dir, "theirs.key_secret"), 0o600);
    for (const [at, name] of ["ours", "theirs"].entries()) {
      const { publicKey, secretKey } = await readSecretKey(join(dir, `${name}.key_secret`));
      expect(printed[at]).toBe(`${publicKey} ${secretKey}`);
    }
  });
});

describe("key files", () => {
  it("are made with a secret that only its owner reads", async () => {
    const made = await createKeys("rack-1", dir);
    expect((await stat(made.secretFile)).mode & 0o777).toBe(0o600);
    expect((await stat(made.publicFile)).mode & 0o777).toBe(0o644);
    const pair = await readSecretKey(made.secretFile);
    expect(pair.publicKey).toBe(made.publicKey);
    expect(await readPublicKey(made.publicFile)).toBe(made.publicKey);
    expect(await readFile(made.publicFile, "utf8")).not.toContain(pair.secretKey);
  });

  it("are never overwritten, nor left half made", async () => {
    const first = await createKeys("rack-1", dir);
    await expect(createKeys("rack-1", dir)).rejects.toMatchObject({ code: "ERR_KEY_EXISTS" });
    await rm(first.secretFile);
    await expect(createKeys("rack-1", dir)).rejects.toMatchObject({ code: "ERR_KEY_EXISTS" });
    expect(await readdir(dir)).toEqual(["rack-1.key"]);
  });

  it.each(["../x", "", ".", "..", ".hidden", "a/b", "a b", "x".repeat(101)])("refuse the name %j", async (name) => {
    await expect(createKeys(name, dir)).rejects.toMatchObject({ code: "ERR_KEY_NAME" });
    await expect(removeKeys(name, dir)).rejects.toMatchObject({ code: "ERR_KEY_NAME" });
  });

  it("are listed and removed", async () => {
    await createKeys("b", dir);
    await createKeys("a", dir);
    await writeFile(join(dir, "junk.key"), "nothing");
    expect((await listKeys(dir)).map(({ name, publicKey }) => [name, publicKey === undefined])).toEqual([
      ["a", false],
      ["b", false],
      ["junk", true],
    ]);
    await removeKeys("a", dir);
    await expect(removeKeys("a", dir)).rejects.toMatchObject({ code: "ERR_KEY_UNKNOWN" });
    expect(await readdir(dir)).toEqual(["b.key", "b.key_secret", "junk.key"]);
    expect(await listKeys(join(dir, "none"))).toEqual([]);
  });

  it("refuse a secret that others may read, and a file that is none", async () => {
    const { secretFile, publicFile } = await createKeys("a", dir);
    await expect(readSecretKey(publicFile)).rejects.toMatchObject({ code: "ERR_KEY_FILE" });
    await chmod(secretFile, 0o640);
    await expect(readSecretKey(secretFile)).rejects.toThrow(/chmod 600/);
    const words = async (read: Promise<unknown>): Promise<string> => {
      const error = await read.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ code: "ERR_KEY_FILE" });
      return (error as Error).message;
    };
    const absent = (name: string) => `key file ${join(dir, name)} could not be read: there is no such file; `;
    expect(await words(readSecretKey(join(dir, "rack-3.key_secret")))).toBe(
      `${absent("rack-3.key_secret")}make it on the server with 'basalt admin keys create rack-3', and bring it here with mode 0600`,
    );
    expect(await words(readSecretKey(join(dir, "server.key_secret")))).toBe(
      `${absent("server.key_secret")}make the server's keys with 'basalt admin keys create --server'`,
    );
    expect(await words(readPublicKey(join(dir, "server.key")))).toBe(
      `${absent("server.key")}it is the server's public key: copy it from the server's folder of keys`,
    );
    expect(await words(readPublicKey(join(dir, "none.key")))).toBe(`${absent("none.key")}correct its path`);
    expect(await words(readPublicKey(dir))).toContain("it is a folder; name the file in it");
  });
});

describe("a server's keys", () => {
  it("lie as the server looks for them, and are told of as the documents show", async () => {
    await createServerKeys(dir);
    const made = await createWorkerKeys("rack-1", dir);
    expect(made.publicFile).toBe(join(dir, "workers.d/rack-1.key"));
    const lines: string[] = [];
    const log = {
      ...silentDaemonLog,
      debug: (line: string) => lines.push(line),
      info: (line: string) => lines.push(line),
    };
    await using encryption = await openServerEncryption(
      { serverKey: join(dir, "server.key_secret"), workerKeys: join(dir, "workers.d") },
      log,
    );
    expect(encryption.folder.keyOf("rack-1")).toBe(made.publicKey);
    expect(lines).toEqual([
      "Starting encryption",
      `Opening master certificate: ${dir}/server.key_secret`,
      `Using slaves certificates from: ${dir}/workers.d`,
      "key of rack-1 is accepted",
    ]);
  });

  it("are no worker's", async () => {
    await createServerKeys(dir);
    await expect(createWorkerKeys("server", dir)).rejects.toMatchObject({ code: "ERR_KEY_NAME" });
    expect(await readdir(dir)).toContain("server.key_secret");
  });
});

describe("proofs", () => {
  const server = curveKeyPair();
  const worker = curveKeyPair();
  const nonce = "12".repeat(32);
  const mac = makeProof({ own: worker, peerPublicKey: server.publicKey, nonce, name: "rack-1" });
  const check = (change: object) =>
    checkProof(mac, { own: server, peerPublicKey: worker.publicKey, nonce, name: "rack-1", ...change });

  it("are made by the worker's key and checked by the server's", () => {
    expect(mac).toMatch(/^[0-9a-f]{64}$/);
    expect(check({})).toBe(true);
  });

  it("hold for one name, one nonce and one key", () => {
    expect(check({ name: "rack-2" })).toBe(false);
    expect(check({ nonce: "13".repeat(32) })).toBe(false);
    expect(check({ peerPublicKey: curveKeyPair().publicKey })).toBe(false);
    expect(check({ own: curveKeyPair() })).toBe(false);
    expect(check({ peerPublicKey: "0".repeat(40) })).toBe(false); // the point of order 1
    expect(checkProof("", { own: server, peerPublicKey: worker.publicKey, nonce, name: "rack-1" })).toBe(false);
  });
});

describe("the key folder", () => {
  it("takes changes up, by itself", async () => {
    const { publicKey } = await createKeys("a", dir);
    await using folder = await openKeyFolder(dir, silentDaemonLog);
    expect(folder.allows(publicKey)).toBe(true);
    expect(folder.keyOf("a")).toBe(publicKey);
    const revoked = new Promise<string>((resolve) => folder.onRevoked(resolve));
    await rm(join(dir, "a.key"));
    expect(await revoked).toBe("a");
    expect(folder.allows(publicKey)).toBe(false);
  });

  it("tells of a key that was replaced, not of one that was added", async () => {
    await createKeys("a", dir);
    await using folder = await openKeyFolder(dir, silentDaemonLog);
    const names: string[] = [];
    folder.onRevoked((name) => names.push(name));
    const other = await createKeys("b", dir);
    await folder.refresh();
    expect(folder.allows(other.publicKey)).toBe(true);
    expect(names).toEqual([]);
    await rename(other.publicFile, join(dir, "a.key"));
    await folder.refresh();
    expect(names.sort()).toEqual(["a", "b"]);
    expect(folder.keyOf("a")).toBe(other.publicKey);
  });

  it("does not revoke a key while its file is being written", async () => {
    const { publicFile, publicKey } = await createKeys("a", dir);
    await using folder = await openKeyFolder(dir, silentDaemonLog);
    const names: string[] = [];
    folder.onRevoked((name) => names.push(name));
    await writeFile(publicFile, "#\n");
    await folder.refresh();
    expect(folder.allows(publicKey)).toBe(true);
    expect(names).toEqual([]);
  });
});
