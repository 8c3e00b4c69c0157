import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { curveKeyPair } from "zeromq";
import { createKeys, readSecretKey } from "../index.js";
import {
  frames,
  hello,
  makeKeys,
  startServer,
  startWorker,
  stillServes,
  strange,
  typeOf,
  useLinkLab,
} from "../testing/link-lab.js";
import { makeProof } from "./proof.js";

const dir = useLinkLab();

describe("an encrypted link", () => {
  async function encrypted() {
    const keys = await makeKeys();
    const server = await startServer({ encryption: keys.encryption });
    const worker = startWorker(server.socket.endpoint, "good", { encryption: await keys.worker("good") });
    await worker.events.until((event) => event === "up");
    return { keys, server, worker, endpoint: server.socket.endpoint };
  }
  const once = (lines: readonly string[], words: string) =>
    expect(lines.filter((line) => line.includes(words))).toHaveLength(1);

  it("refuses a key that is not in the folder, and takes it up without a restart", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const { publicFile, secretFile } = await createKeys("late", dir());
    const late = startWorker(endpoint, "late", {
      encryption: { keys: await readSecretKey(secretFile), serverKey: keys.server.publicKey },
    });
    await server.logged.until((line) => line.includes("is not in"));
    await late.logged.until((line) => line.includes("refused this worker's key"));
    await stillServes(server, worker, 1);
    await rename(publicFile, join(keys.workers, "late.key"));
    await late.events.until((event) => event === "up");
    once(server.warnings(), "is not in");
    once(late.logged.all, "refused this worker's key");
  });

  it("refuses a worker that uses the key of another", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const thief = startWorker(endpoint, "good", { encryption: await keys.worker("thief") });
    await thief.logged.until((line) => line.includes('does not hold the key of "good"'));
    const nobody = startWorker(endpoint, "nobody", { encryption: await keys.worker("somebody") });
    await nobody.logged.until((line) => line.includes('no key of "nobody"'));
    await stillServes(server, worker, 2);
    once(server.warnings(), 'does not hold the key of "good"');
    expect(server.events.all.filter((event) => event.startsWith("open"))).toEqual(["open good "]);
  });

  it("refuses plain connections, and those meant for another server", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const plain = startWorker(endpoint, "plain");
    await plain.logged.until((line) => line.includes("do not agree on encryption"));
    const lost = startWorker(endpoint, "lost", {
      encryption: { ...(await keys.worker("lost")), serverKey: curveKeyPair().publicKey },
    });
    await lost.logged.until((line) => line.includes("is this the copy of its own public key?"));
    await server.logged.until((line) => line.includes("another server's key"));
    await stillServes(server, worker, 3);
    once(server.warnings(), "another server's key");
    once(server.warnings(), "ended before it was set up");
    once(plain.logged.all, "do not agree on encryption");
    for (const { logged } of [plain, lost]) expect(logged.all.join()).not.toContain("was lost");
  });

  it("tells a worker with keys that the server has none", async () => {
    const keys = await makeKeys();
    const server = await startServer();
    const worker = startWorker(server.socket.endpoint, "good", { encryption: await keys.worker("good") });
    await worker.logged.until((line) => line.includes("do not agree on encryption"));
    expect(server.events.all).toEqual([]);
    expect(worker.logged.all.join()).not.toContain("was lost");
  });

  it("cuts a worker off when its key is removed: what it says counts no more", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const encryption = await keys.worker("bad");
    const bad = strange(endpoint, encryption);
    // an honest worker's HELLO, by hand: it will not go away when told
    await bad.send(frames(hello("bad")));
    const { nonce } = (await typeOf(bad)) as unknown as { nonce: string };
    const mac = makeProof({ own: encryption.keys, peerPublicKey: encryption.serverKey, nonce, name: "bad" });
    await bad.send(frames({ type: "PROOF", mac }));
    expect((await typeOf(bad)).type).toBe("HELLO_OK");
    await rm(join(keys.workers, "bad.key"));
    expect((await typeOf(bad)).type).toBe("REVOKED");
    for (let job = 1; job <= 50; job++) await bad.send(frames({ type: "START_OK", job }));
    await bad.send(frames(hello("bad")));
    await server.logged.until((line) => line.includes("still talks"));
    await stillServes(server, worker, 4);
    expect(server.events.all.filter((event) => event.startsWith("bad"))).toEqual([]);
    expect(server.events.all).toContain("closed bad revoked");
    once(server.warnings(), "still talks");
  });

  it("tells a revoked worker, which comes back when its key does", async () => {
    const { keys, worker } = await encrypted();
    await rename(join(keys.workers, "good.key"), join(dir(), "aside"));
    await worker.events.until((event) => event === "revoked its key was removed");
    await worker.events.until((event) => event === "down revoked");
    await rename(join(dir(), "aside"), join(keys.workers, "good.key"));
    await worker.events.until((event) => event === "up", worker.events.all.length);
  });

  it("takes a proof once: replayed and invented ones are dropped", async () => {
    const { keys, server, worker, endpoint } = await encrypted();
    const encryption = await keys.worker("bad");
    const proofFor = (nonce: string) =>
      frames({
        type: "PROOF",
        mac: makeProof({ own: encryption.keys, peerPublicKey: encryption.serverKey, nonce, name: "bad" }),
      });
    const first = strange(endpoint, encryption);
    await first.send(proofFor("00".repeat(32)));
    await first.send(frames(hello("bad")));
    const { nonce } = (await typeOf(first)) as unknown as { nonce: string };
    const second = strange(endpoint, encryption);
    await second.send(frames(hello("bad")));
    await typeOf(second);
    await second.send(proofFor(nonce)); // the other session's
    expect(await typeOf(second)).toMatchObject({ type: "HELLO_NO", code: "ERR_KEY_REFUSED" });
    await first.send(proofFor(nonce));
    await first.send(proofFor(nonce));
    expect((await typeOf(first)).type).toBe("HELLO_OK");
    await stillServes(server, worker, 5);
    expect(server.events.all.filter((event) => event.startsWith("open bad"))).toHaveLength(1);
  });
});
