import { expect, test } from "vitest";
import { createHealthCheck } from "../scheduler/health-check.js";
import { commandCatalog } from "../testing/command-catalog.js";
import { jobText, testServices } from "../testing/test-services.js";
import { makeStartOrder } from "./start-order.js";

test("a health check is known by the compatibility it is started with", async () => {
  await using lab = await testServices();
  const { store, configs } = lab;
  const check = { name: "qemu", text: jobText() };
  const id = await store.transaction((trx) =>
    createHealthCheck(trx, { device: "d1", type: "qemu", worker: "w1", check }),
  );
  await store.knex("jobs").where({ id }).update({ state: "Scheduled", actual_device: "d1", worker: "w1" });
  const row = () => store.knex("jobs").where({ id }).first();
  expect((await row()).compatibility).toBeNull();
  const order = await makeStartOrder({ store, configs, catalog: commandCatalog(3), version: "1" }, await row());
  expect(order.compatibility).toBe(3);
  expect((await row()).compatibility).toBe(3);
});
