import { randomUUID } from "node:crypto";
import type { StoreLog } from "../store/log.js";
import { connectStore } from "../store/open-store.js";
import { makeKnex } from "../store/pool.js";
import type { Store } from "../store/store.js";
import { templateName, testCluster } from "./test-cluster.js";

export interface TestStoreOptions {
  readonly log?: StoreLog;
  /** True: no tables. */
  readonly empty?: boolean;
}

/**
 * A fresh, migrated database of its own on the PostgreSQL that the whole test run shares (about 50 ms). `close()` drops it: call it in
 * `afterAll`. Several stores of one database: `connectStore({ address: parseAddress(store.secretUrl) })`.
 */
export async function testStore({ empty = false, ...options }: TestStoreOptions = {}): Promise<Store> {
  const address = await testCluster();
  const database = `test_${randomUUID().replaceAll("-", "")}`;
  const admin = makeKnex(address("postgres"), { max: 1 });
  try {
    // file_copy is for large templates; this one is small
    await admin.raw(`create database ?? template ${empty ? "template0" : templateName} strategy wal_log`, [database]);
  } catch (error) {
    await admin.destroy();
    throw error;
  }
  return connectStore({
    ...options,
    address: address(database),
    migrate: false,
    async onClose() {
      try {
        await admin.raw("drop database if exists ?? with (force)", [database]);
      } finally {
        await admin.destroy();
      }
    },
  });
}
