import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkSharedFolder, nameOfFolder, openLogFolder } from "./log-folder.js";
import type { Store } from "./store/store.js";
import { testStore } from "./testing/test-store.js";

let store: Store;
let root = "";
beforeAll(async () => {
  store = await testStore();
  root = await mkdtemp(join(tmpdir(), "basalt-folders-"));
});
afterAll(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

test("one that can't be made or written is told, with what to do", async () => {
  await writeFile(join(root, "file"), "");
  await expect(openLogFolder(join(root, "file", "logs"))).rejects.toMatchObject({
    code: "ERR_LOG_FOLDER",
    kind: "configuration",
    message: expect.stringMatching(
      /^opening the folder of logs .*file\/logs failed: ENOTDIR.*; the server's user has to/,
    ),
  });
});

test("servers of one database share one folder of logs; one that is gone counts no more", async () => {
  const own = await openLogFolder(join(root, "a"));
  const other = await openLogFolder(join(root, "b"));
  expect(await openLogFolder(join(root, "a"))).toEqual(own);
  const now = Date.now();
  await checkSharedFolder(store, own, now);
  const row = {
    id: randomUUID(),
    url: "http://one",
    version: "1",
    log_folder: nameOfFolder(own),
    seen_on: new Date(now),
  };
  await store.knex("servers").insert(row);
  await checkSharedFolder(store, own, now);
  await expect(checkSharedFolder(store, other, now)).rejects.toThrow(
    /http:\/\/one.*another folder.*share a state folder/,
  );
  await checkSharedFolder(store, other, now + 121_000);
});
