import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openerOf, takeOpenerLock } from "./opener-lock.js";
import { lineOf } from "./process-facts.js";

let top: string;
beforeAll(async () => {
  top = await mkdtemp(join(tmpdir(), "basalt-lock-"));
});
afterAll(() => rm(top, { recursive: true, force: true }));

/** A folder whose opener, process 4 of an earlier boot, is dead. */
async function orphaned(): Promise<string> {
  const folder = await mkdtemp(join(top, "f-"));
  await writeFile(join(folder, "owner.3"), "4 100 another-boot");
  return folder;
}

it("is taken by one of many who find a dead opener at the same time", async () => {
  for (let round = 0; round < 20; round++) {
    const folder = await orphaned();
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeOpenerLock(folder)));
    const taken = results.filter(({ status }) => status === "fulfilled");
    expect(taken).toHaveLength(1);
    for (const result of results) {
      if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "ERR_DATABASE_IN_USE" });
    }
    expect(await readdir(folder)).toEqual(["owner.4"]);
  }
});

it("is free again when given back, once", async () => {
  const folder = await orphaned();
  const first = await takeOpenerLock(folder);
  expect(await openerOf(folder)).toBe(process.pid);
  await first[Symbol.asyncDispose]();
  expect(await openerOf(folder)).toBeUndefined();
  const second = await takeOpenerLock(folder);
  await first[Symbol.asyncDispose]();
  expect(await openerOf(folder)).toBe(process.pid);
  await second[Symbol.asyncDispose]();
});

it("tells a process from another one that has its number now", async () => {
  const folder = await orphaned();
  const other = spawn("sleep", ["1000"]);
  await once(other, "spawn");
  const [, started, boot] = lineOf(process.pid).split(" ");
  await writeFile(join(folder, "owner.9"), `${other.pid} ${Number(started) + 1_000_000} ${boot}`);
  expect(await openerOf(folder)).toBeUndefined();
  await writeFile(join(folder, "owner.10"), lineOf(other.pid!));
  await expect(takeOpenerLock(folder)).rejects.toMatchObject({
    message: expect.stringContaining(`in use by process ${other.pid}:`),
    details: { pid: other.pid },
  });
  other.kill("SIGKILL");
  await once(other, "exit");
  await (await takeOpenerLock(folder))[Symbol.asyncDispose]();
});

it("knows a living opener that sees another boot id, as in a container under a hardened unit", async () => {
  const folder = await orphaned();
  const other = spawn("sleep", ["1000"]);
  await once(other, "spawn");
  const claim = lineOf(other.pid!).split(" ");
  const elsewhere = (command: string) => [claim[0], claim[1], "another-boot", command].join(" ");
  await writeFile(join(folder, "owner.9"), elsewhere(claim[3] ?? ""));
  expect(await openerOf(folder)).toBe(other.pid);
  await expect(takeOpenerLock(folder)).rejects.toMatchObject({ code: "ERR_DATABASE_IN_USE" });
  // after a reboot: a stranger that has the number and began in the same tick
  await writeFile(join(folder, "owner.9"), elsewhere("0123456789abcdef"));
  expect(await openerOf(folder)).toBeUndefined();
  // or this very process, which has its predecessor's
  const own = lineOf(process.pid).split(" ");
  await writeFile(join(folder, "owner.9"), [own[0], own[1], "another-boot", own[3]].join(" "));
  await (await takeOpenerLock(folder))[Symbol.asyncDispose]();
  other.kill("SIGKILL");
  await once(other, "exit");
});
