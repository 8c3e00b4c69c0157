import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createServerKeys, createWorkerKeys, serverKeyPaths } from "@basalt/link";
import { DeviceConfigs, type Store, submitJob } from "@basalt/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPlugins } from "../plugins/plugin-catalog.js";
import { fakeJob } from "../testing/bench.js";
import { type BuiltCommand, buildCommand } from "../testing/build-command.js";
import { addFakeDevices } from "./chaos/fake-devices.js";
import {
  makeDaemon,
  makeLabFolder,
  openBeside,
  processesOf,
  serverArguments,
  workerArguments,
} from "./chaos/lab-processes.js";
import { makeNamespaces, missingForNamespaces } from "./namespaces.js";

// A server and two workers, each in a network of its own; nothing gets into the workers' networks that they did not ask for.

const missing = missingForNamespaces();
const suffix = missing === undefined ? "" : ` (skipped: ${missing})`;
const soon = { timeout: 60_000, interval: 20 };

let built: BuiltCommand;
beforeAll(async () => {
  if (missing === undefined) built = await buildCommand();
}, 120_000);
afterAll(() => built?.[Symbol.dispose]());

const listener = `require("net").createServer((socket) => socket.end("in")).listen(7000, () => console.log("listens"))`;
const dial = (host: string): string =>
  `require("net").connect(7000, "${host}").on("data", (data) => console.log(String(data))).on("error", (error) => console.log(error.code))`;

test.skipIf(missing !== undefined)(
  `a worker behind a firewall is revoked in mid-job, another one goes on${suffix}`,
  { timeout: 180_000 },
  async () => {
    using folder = makeLabFolder();
    using networks = makeNamespaces(["near", "far"]);
    const workers = ["near", "far"];
    const keys = join(folder.path, "keys");
    await createServerKeys(keys);
    for (const name of workers) await createWorkerKeys(name, keys);
    const { secretFile, publicFile, workersDir } = serverKeyPaths(keys);
    const server = makeDaemon({
      name: "server",
      folder,
      argv: [
        ...networks.server.prefix,
        ...serverArguments(built, folder, "tcp://0.0.0.0:5556"),
        ...["--encrypt", "--server-key", secretFile, "--worker-keys", workersDir],
      ],
    });
    const [near, far] = workers.map((name, index) =>
      makeDaemon({
        name,
        folder,
        argv: [
          ...networks.machine(name).prefix,
          ...workerArguments(built, folder, { name, server: `tcp://10.213.${index + 1}.1:5556` }),
          ...["--server-key", publicFile, "--worker-key", join(keys, `${name}.key_secret`)],
        ],
      }),
    ) as [ReturnType<typeof makeDaemon>, ReturnType<typeof makeDaemon>];
    const devices = workers.map((worker) => ({ name: `board-${worker}`, worker, outlet: folder.outlet(worker) }));
    const powerOf = (worker: string): string | undefined =>
      existsSync(folder.outlet(worker))
        ? readFileSync(folder.outlet(worker), "utf8").trim().split("\n").at(-1)
        : undefined;
    const all = [server, near, far];
    for (const each of all) each.start();
    let store: Store | undefined;
    try {
      const db = await openBeside(folder);
      store = db;
      await expect.poll(() => server.said(), soon).toContain("pages and API");

      // the firewalls are there: what listens in a worker's network answers there, and to nobody else
      const [program = "", ...args] = networks.machine("far").prefix;
      const inFar = spawn(program, [...args, process.execPath, "-e", listener], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await new Promise((resolve) => inFar.stdout.once("data", resolve));
      const dialFrom = ([from = "", ...more]: readonly string[], host: string): string =>
        execFileSync(from, [...more, process.execPath, "-e", dial(host)], { encoding: "utf8" }).trim();
      expect(dialFrom(networks.machine("far").prefix, "127.0.0.1")).toBe("in");
      expect(dialFrom(networks.server.prefix, networks.machine("far").address)).toBe("ECONNREFUSED");
      expect(networks.machine("far").refused()).toBeGreaterThan(0);
      inFar.kill();

      const person = await addFakeDevices(db, devices);
      const config = { folder: folder.path, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
      const catalog = await findPlugins({ cwd: folder.path, plugins: [built.plugin], config });
      const configs = new DeviceConfigs(db, {});
      const submit = async (): Promise<number> => {
        const text = JSON.stringify(fakeJob([{ do: "child" }, { do: "count", folder: folder.journals }]));
        return (await submitJob({ store: db, configs, catalog }, { person, text })).jobs[0] ?? 0;
      };
      const jobs = [await submit(), await submit()];
      const rowOf = async (id: number) => db.knex("jobs").where({ id }).first();
      const stored = (id: number): number =>
        statSync(join(folder.server, "logs/0", String(id), "output.yaml"), { throwIfNoEntry: false })?.size ?? 0;
      for (const id of jobs) await expect.poll(() => stored(id), soon).toBeGreaterThan(5_000);
      const rows = await Promise.all(jobs.map(rowOf));
      const revoked = rows.find(({ worker }) => worker === "near");
      const other = rows.find(({ worker }) => worker === "far");
      expect([revoked?.state, other?.state]).toEqual(["Running", "Running"]);
      expect(workers.map(powerOf)).toEqual(["on", "on"]);
      for (const { said } of [near, far]) expect(said()).toContain("Connection is encrypted using");

      await rm(join(workersDir, "near.key"));
      await expect.poll(async () => (await rowOf(revoked.id)).state, soon).toBe("Finished");
      expect(await rowOf(revoked.id)).toMatchObject({
        health: "Incomplete",
        error_type: "Infrastructure",
        error_code: "ERR_WORKER_REVOKED",
      });
      await expect.poll(() => powerOf("near"), soon).toBe("off");
      await expect
        .poll(() => processesOf(folder).filter((line) => line.includes(`worker-near/jobs`)), soon)
        .toEqual([]);
      await expect.poll(() => near.said(), soon).toContain("the master refused this worker's key");
      expect(await db.knex("workers").where({ name: "near" }).first()).toMatchObject({ state: "Offline" });

      // nor as a new process
      await near.kill();
      near.start();
      const refusals = () => near.said().split("the master refused this worker's key").length - 1;
      await expect.poll(refusals, soon).toBe(2);
      expect(near.said().match(/Connection with the master established/g)).toHaveLength(1);

      // the other one has noticed nothing
      const before = stored(other.id);
      await expect.poll(() => stored(other.id), soon).toBeGreaterThan(before);
      writeFileSync(join(folder.journals, `${other.id}.enough`), "");
      await expect.poll(async () => (await rowOf(other.id)).health, soon).toBe("Complete");
      expect(far.said().match(/Connection with the master established/g)).toHaveLength(1);
      expect(powerOf("far")).toBe("off");
      for (const each of [near, far]) expect(await each.stop(), each.name).toBe(0);
      await db.close();
      store = undefined;
      expect(await server.stop()).toBe(0);
      await expect.poll(() => processesOf(folder), soon).toEqual([]);
    } catch (error) {
      for (const each of all) console.log(`--- ${each.name}\n${each.said().slice(-6_000)}`);
      throw error;
    } finally {
      await store?.close();
      for (const each of all) await each.kill();
      for (const line of processesOf(folder)) process.kill(Number.parseInt(line, 10), "SIGKILL");
    }
  },
);
