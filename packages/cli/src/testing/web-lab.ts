import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CleanupStack, silentDaemonLog, systemClock } from "@basalt/core";
import { httpFront, type Lab, makeServices, openLab, type Services, systemAdmin } from "@basalt/server";
import { testStore } from "@basalt/server/testing";
import { startWorker } from "@basalt/worker";
import { expect, vi } from "vitest";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { openBench } from "./bench.js";
import type { BuiltCommand } from "./build-command.js";

/** A server with its pages and a worker with the fake board, on a real database. */
export interface WebLab extends AsyncDisposable {
  /** Of the pages: `http://127.0.0.1:4711`. */
  readonly url: string;
  readonly lab: Lab;
  readonly services: Services;
  readonly folder: string;
  /** Adds a fake board. */
  addDevice(name: string): Promise<void>;
}

const dictionary = (name: string, folder: string): string => `
hostname: ${name}
devicetype: fake
constants: {}
parameters: {}
power: {driver: fake-outlet, file: ${join(folder, `${name}.log`)}}
actions: {boot: {methods: {fake: null}}}
timeouts: {actions: {}, connections: {}}
`;

/** Starts it, with a user `ann` whose password is `a good password`. */
export async function openWebLab(built: BuiltCommand): Promise<WebLab> {
  const cleanup = new CleanupStack();
  const bench = openBench();
  cleanup.defer("remove the folder", () => bench[Symbol.dispose]());
  const store = cleanup.use(await testStore(), "close the database");
  const config = { folder: bench.folder, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
  const catalog = await findPlugins({ cwd: bench.folder, plugins: [built.plugin], config });
  const shared = { clock: systemClock, log: silentDaemonLog, version: "0.1.0" };
  const http = createServer();
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  cleanup.defer("stop HTTP", () => {
    http.close();
    http.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const lab = cleanup.use(
    await openLab({
      ...shared,
      store,
      catalog,
      stateFolder: join(bench.folder, "server"),
      url,
      endpoint: "tcp://127.0.0.1:*",
      autoRegister: true,
    }),
    "stop the lab",
  );
  const front = cleanup.use(await httpFront({ ...shared, catalog })(lab), "stop answering");
  front.attach(http);
  const services = makeServices({ ...lab, ...shared, catalog });
  await services.people.addUser(systemAdmin, "ann", { password: "a good password" });
  await services.deviceTypes.add(systemAdmin, "fake", { description: "a board that is not there" });
  await services.workers.add(systemAdmin, "w1", {});
  // job folders are named by the job's number: other tests have numbers, too
  await services.workers.setConfig(systemAdmin, "w1", "dispatcher", `prefix: web-${process.pid}-\n`);
  cleanup.use(
    await startWorker({
      ...shared,
      server: lab.link?.endpoint ?? "",
      name: "w1",
      stateFolder: join(bench.folder, "worker"),
      command: [process.execPath, built.script, "job-process", "--plugin", built.plugin],
    }),
    "stop the worker",
  );
  // a worker that stops leaves its jobs running
  cleanup.defer("end the jobs", () => endJobs(lab));
  await vi.waitFor(() => expect(lab.link?.connected()).toEqual(["w1"]), { timeout: 10_000 });
  return {
    url,
    lab,
    services,
    folder: bench.folder,
    async addDevice(name) {
      await services.devices.add(systemAdmin, name, { device_type: "fake", worker: "w1", health: "Good" });
      await services.devices.setDictionary(systemAdmin, name, dictionary(name, bench.folder));
    },
    [Symbol.asyncDispose]: () => cleanup.unwind((what, error) => console.error(`could not ${what}`, error)),
  };
}

async function endJobs({ store, life }: Lab): Promise<void> {
  const rows: { id: number }[] = await store.knex("jobs").whereNot({ state: "Finished" }).select("id");
  for (const { id } of rows) await life.cancel(id, { author: "test" });
  const running = (): Promise<unknown[]> => store.knex("jobs").whereNot({ state: "Finished" }).select("id");
  await vi.waitFor(async () => expect(await running()).toEqual([]), { timeout: 30_000 });
}
