import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const dictionary = (name, outlet = "/dev/null") => `
hostname: ${name}
devicetype: fake
constants: {}
parameters: {}
power: {driver: fake-outlet, file: ${outlet}}
actions: {boot: {methods: {fake: null}}}
timeouts: {actions: {}, connections: {}}
`;

/** A lab's rows: a user, a worker that is there, a type and its devices with their dictionaries. */
export async function fillLab(product, store, { worker, devices, health = "Good" }) {
  await store.transaction(async (trx) => {
    await trx("users").insert({ username: "ann", is_superuser: true }).onConflict("username").ignore();
    await trx("workers")
      .insert({ name: worker, state: "Online", last_ping: new Date(Date.now() + 3_600_000) })
      .onConflict("name")
      .ignore();
    await trx("device_types").insert({ name: "fake" }).onConflict("name").ignore();
    await trx("devices").insert(devices.map((name) => ({ name, device_type: "fake", worker, health })));
    for (const name of devices)
      await product.writeDocument(trx, { kind: "device", name, text: dictionary(name), author: "bench" });
  });
}

/** The machine of the example, which can't take a job now. */
export async function addMachine(product, store) {
  await store.transaction(async (trx) => {
    await trx("device_types").insert({ name: "qemu" });
    await trx("devices").insert({ name: "machine", device_type: "qemu", health: "Maintenance" });
    const text = '{% extends "qemu.jinja2" %}\n';
    await product.writeDocument(trx, { kind: "device", name: "machine", text, author: "bench" });
  });
}

/** Milliseconds of one pass with 1,000 idle devices and 1,000 queued jobs, and of passes with nothing to do. */
export async function measureScheduling({ product, rounds }) {
  const folder = mkdtempSync(join(tmpdir(), "basalt-bench-"));
  chmodSync(folder, 0o711);
  const clock = product.systemClock;
  const store = await product.openStore({ stateFolder: folder, clock });
  try {
    const devices = Array.from({ length: 1_000 }, (_, index) => `board-${index}`);
    await fillLab(product, store, { worker: "w1", devices });
    await store.knex.raw("analyze");
    const configs = new product.DeviceConfigs(store, {});
    const options = { store, configs, clock, log: product.silentDaemonLog };
    const full = [];
    const idle = [];
    for (let round = 0; round < rounds; round++) {
      await store.knex.raw(
        `insert into jobs (submitter, description, requested_device_type, definition, original_definition)
         select (select id from users where username = 'ann'), 'bench', 'fake', '{}', '{}' from generate_series(1, 1000)`,
      );
      const begin = performance.now();
      const { scheduled } = await product.runPass(options);
      full.push(performance.now() - begin);
      if (scheduled !== 1_000) throw new Error(`the pass scheduled ${scheduled} of 1,000 jobs`);
      // all devices work, nothing waits
      await time(idle, () => product.runPass(options));
      await store.knex("jobs").update({ state: "Finished", health: "Complete" });
      await store.knex("devices").update({ state: "Idle" });
      // all devices are idle, nothing waits
      for (let n = 0; n < 5; n++) await time(idle, () => product.runPass(options));
    }
    return { full: Math.min(...full), idle: idle.sort((a, b) => a - b)[Math.floor(idle.length / 2)] };
  } finally {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function time(list, work) {
  const begin = performance.now();
  await work();
  list.push(performance.now() - begin);
}
