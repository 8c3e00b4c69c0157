import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readPublicKey, readSecretKey } from "@basalt/link";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { labKeys } from "./lab-keys.js";
import { labEndpoint, writeLabSettings } from "./lab-settings.js";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "basalt-lab-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe("the keys of a lab", () => {
  it("are made once, for their owner alone, and fit", async () => {
    const keys = await labKeys(dir, "lab");
    expect(await labKeys(dir, "lab")).toEqual(keys);
    const files = [keys.server.serverKey, keys.worker.workerKey];
    const texts = await Promise.all(files.map((file) => readFile(file, "utf8")));
    for (const file of files) expect((await stat(file)).mode & 0o777).toBe(0o600);
    await labKeys(dir, "lab");
    expect(await Promise.all(files.map((file) => readFile(file, "utf8")))).toEqual(texts);
    expect(await readPublicKey(keys.worker.serverKey)).toBe((await readSecretKey(keys.server.serverKey)).publicKey);
    const accepted = await readPublicKey(join(keys.server.workerKeys, "lab.key"));
    expect(accepted).toBe((await readSecretKey(keys.worker.workerKey)).publicKey);
  });

  it("are whole again after a start that was killed between two files", async () => {
    const { server, worker } = await labKeys(dir, "lab");
    const accepted = join(server.workerKeys, "lab.key");
    const before = await readPublicKey(accepted);
    await writeFile(accepted, "");
    await rm(worker.serverKey);
    await labKeys(dir, "lab");
    expect(await readPublicKey(accepted)).toBe(before);
    expect(await readPublicKey(worker.serverKey)).toBe((await readSecretKey(server.serverKey)).publicKey);
    await rm(worker.workerKey);
    await labKeys(dir, "lab");
    expect(await readPublicKey(accepted)).toBe((await readSecretKey(worker.workerKey)).publicKey);
    expect(await readPublicKey(accepted)).not.toBe(before);
  });

  it("are refused where others may read them", async () => {
    const { worker } = await labKeys(dir, "lab");
    await chmod(worker.workerKey, 0o644);
    await expect(labKeys(dir, "lab")).rejects.toMatchObject({ code: "ERR_KEY_FILE" });
  });
});

it("workers find a lab at the port of last time, unless that is taken", async () => {
  expect(await labEndpoint(dir)).toBe("tcp://127.0.0.1:*");
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const endpoint = `tcp://127.0.0.1:${(other.address() as { port: number }).port}`;
  await writeLabSettings(dir, { url: "http://127.0.0.1:8000", endpoint });
  expect(await labEndpoint(dir)).toBe("tcp://127.0.0.1:*");
  await new Promise((resolve) => other.close(resolve));
  expect(await labEndpoint(dir)).toBe(endpoint);
});
