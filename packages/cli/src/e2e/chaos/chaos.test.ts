import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import { DeviceConfigs, localLogStore, type Store, submitJob } from "@basalt/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findPlugins } from "../../plugins/plugin-catalog.js";
import { fakeJob } from "../../testing/bench.js";
import { type BuiltCommand, buildCommand } from "../../testing/build-command.js";
import { type ChaosLine, openChaosLine } from "./chaos-line.js";
import { checkLab } from "./check-lab.js";
import { addFakeDevices, cancelJob } from "./fake-devices.js";
import {
  type Daemon,
  freePort,
  lives,
  makeDaemon,
  makeLabFolder,
  openBeside,
  postmasterOf,
  processesOf,
  serverArguments,
  workerArguments,
} from "./lab-processes.js";
import { randomOf } from "./random.js";

// Server, PostgreSQL, worker daemons, job processes and rescues are killed, and the lines between them fail, at random. BASALT_SOAK=1 does it
// for longer, BASALT_SEED repeats a run as far as processes allow.

const kills = Number(process.env.BASALT_KILLS ?? (process.env.BASALT_SOAK ? 500 : 30));
const workers = ["w1", "w2"];
const jobsAtOnce = 5;
const seed = Number(process.env.BASALT_SEED ?? Math.floor(Math.random() * 2 ** 31));

let built: BuiltCommand;
beforeAll(async () => {
  built = await buildCommand();
});
afterAll(() => built[Symbol.dispose]());

const soon = { timeout: 60_000, interval: 10 };

test(`whatever is killed, each job ends once and its log is whole (seed ${seed})`, { timeout: 3_600_000 }, async () => {
  using folder = makeLabFolder();
  const random = randomOf(seed);
  const did: string[] = [];
  const note = (what: string): void => void did.push(`${(performance.now() / 1000).toFixed(1)} ${what}`);
  const port = await freePort();
  const daemon = (name: string, argv: readonly string[]): Daemon => makeDaemon({ name, folder: folder.path, argv });
  const server = daemon("server", serverArguments(built, folder, `tcp://127.0.0.1:${port}`));
  const lines = new Map<string, ChaosLine>();
  for (const name of workers) lines.set(name, await openChaosLine(port, random));
  const daemons = workers.map((name) =>
    daemon(name, workerArguments(built, folder, { name, server: lines.get(name)?.endpoint ?? "" })),
  );
  const devices = workers.flatMap((worker) =>
    [1, 2, 3].map((number) => ({ name: `${worker}-${number}`, worker, outlet: folder.outlet(`${worker}-${number}`) })),
  );
  const everything = [server, ...daemons];
  for (const each of everything) each.start();
  let store: Store | undefined;
  try {
    const db = await openBeside(folder);
    store = db;
    const again = async <T>(work: () => Promise<T>): Promise<T> => {
      let result: { value: T } | undefined;
      let last: unknown;
      await expect
        .poll(async () => {
          result = await work().then(
            (value) => ({ value }),
            (error: unknown) => {
              last = error;
              return undefined;
            },
          );
          return result !== undefined ? "done" : String(last);
        }, soon)
        .toBe("done");
      return (result as unknown as { value: T }).value;
    };
    const person = await again(() => addFakeDevices(db, devices));
    const config = { folder: folder.path, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
    const catalog = await findPlugins({ cwd: folder.path, plugins: [built.plugin], config });
    const configs = new DeviceConfigs(db, {});
    const submit = async (): Promise<void> => {
      const kind = random.weighted({ count: 6, fail: 1, hang: 1 });
      const steps = [{ do: "child" }, { do: "count", folder: folder.journals, everyMs: 2 + random.below(10) }];
      const more = { fail: [{ do: "fail", kind: random.pick(["job", "infrastructure"]) }], hang: [{ do: "hang" }] };
      const text = JSON.stringify(fakeJob([...steps, ...(kind === "count" ? [] : more[kind])]));
      const { ids } = await again(() => submitJob({ store: db, configs, catalog }, { person, text }));
      note(`submitted ${ids} (${kind})`);
    };
    const unfinished = (): Promise<{ id: number; state: string }[]> =>
      again(() => db.knex("jobs").whereNot({ state: "Finished" }).orderBy("id").select("id", "state"));
    const journalOf = (job: number): number => {
      const path = join(folder.journals, `${job}.yaml`);
      return existsSync(path) ? statSync(path).size : 0;
    };
    /** At the server. */
    const storedBytes = (): number =>
      (existsSync(join(folder.server, "logs")) ? readdirSync(join(folder.server, "logs"), { recursive: true }) : [])
        .filter((name) => String(name).includes("output.yaml"))
        .reduce(
          (sum, name) =>
            sum + (statSync(join(folder.server, "logs", String(name)), { throwIfNoEntry: false })?.size ?? 0),
          0,
        );
    const counting = (): number[] =>
      readdirSync(folder.journals)
        .map((name) => Number.parseInt(name, 10))
        .filter((job) => !existsSync(join(folder.journals, `${job}.enough`)))
        .sort((a, b) => a - b);
    const hangs = (job: number): boolean => {
      const path = join(folder.journals, `${job}.yaml`);
      return existsSync(path) && /"start: [\d.]+ fake-hang/.test(readFileSync(path, "utf8"));
    };
    const enough = (job: number): void => writeFileSync(join(folder.journals, `${job}.enough`), "");
    const killIn = (file: string): boolean => {
      const found = workers.flatMap((name) => {
        const jobs = join(folder.worker(name), "jobs");
        return (existsSync(jobs) ? readdirSync(jobs) : []).map((job) => join(jobs, job, file)).filter(existsSync);
      });
      const path = random.pick(found.sort());
      if (path === undefined) return false;
      try {
        const { pid } = JSON.parse(readFileSync(path, "utf8"));
        if (!lives(pid)) return false;
        process.kill(pid, "SIGKILL");
        note(`killed ${path}`);
        return true;
      } catch {
        return false; // it ended just now
      }
    };
    const restart = async (which: Daemon | undefined): Promise<boolean> => {
      note(`killed ${which?.name}`);
      await which?.kill();
      which?.start();
      return true;
    };
    const act: Record<string, () => Promise<boolean> | boolean> = {
      server: () => restart(server),
      worker: () => restart(random.pick(daemons)),
      job: () => killIn("pid.json"),
      rescue: () => killIn("rescue.json"),
      postgres() {
        const pid = postmasterOf(folder);
        if (pid === undefined || !lives(pid)) return false;
        process.kill(pid, "SIGKILL");
        note("killed postgres");
        return true;
      },
    };
    const disturb = (): void => {
      const name = random.pick(workers) ?? "";
      const line = lines.get(name);
      const how = random.weighted({ cut: 3, hold: 2, swallow: 1, delay: 3, haunt: 3, calm: 4 });
      note(`line of ${name}: ${how}`);
      if (how === "delay") line?.delay(300);
      else if (how === "haunt") line?.haunt(1_500);
      else line?.[how]();
    };

    for (let killed = 0; killed < kills; ) {
      for (let left = (await unfinished()).length; left < jobsAtOnce; left++) await submit();
      const job = random.pick(counting());
      const wanted = (job === undefined ? 0 : journalOf(job)) + random.below(8_000);
      const begin = performance.now();
      const stored = storedBytes() + (random() < 0.5 ? random.below(8_000) : -1);
      const due = (): boolean =>
        (job !== undefined && journalOf(job) > wanted && storedBytes() > stored) || performance.now() - begin > 2_500;
      await expect.poll(due, soon).toBe(true);
      for (const each of everything)
        if (each.pid !== undefined && !lives(each.pid)) {
          note(`${each.name} ENDED BY ITSELF`);
          each.start();
        }
      if (random() < 0.5) disturb();
      const ending = random.pick(counting());
      if (random() < 0.4 && ending !== undefined) enough(ending);
      if (random() < 0.15) {
        const victim = random.pick(await unfinished());
        if (victim) {
          note(`canceled ${victim.id} (${victim.state})`);
          await again(() => cancelJob(db, systemClock, victim.id));
        }
      }
      const what = random.weighted({ server: 5, worker: 5, job: 4, rescue: 3, postgres: 2 });
      if (await act[what]?.()) killed++;
    }
    note("no more kills");
    for (const line of lines.values()) line.calm();
    await expect
      .poll(
        async () => {
          for (const job of counting()) enough(job);
          const left = await unfinished();
          for (const { id } of left) if (hangs(id)) await again(() => cancelJob(db, systemClock, id));
          return left;
        },
        { timeout: 120_000, interval: 200 },
      )
      .toEqual([]);
    const left = (): string[] => workers.flatMap((name) => readdirSync(join(folder.worker(name), "jobs")));
    await expect.poll(left, { timeout: 60_000, interval: 50 }).toEqual([]);
    for (const each of daemons) expect(await each.stop(), each.name).toBe(0);
    await using logs = localLogStore({ folder: join(folder.server, "logs") });
    const ends = await checkLab({ store: db, logs, folder, devices, workers });
    console.log(`seed ${seed}: ${kills} kills; jobs: ${JSON.stringify(ends)}`);
    await db.close();
    store = undefined;
    expect(await server.stop()).toBe(0);
    await expect.poll(() => processesOf(folder), soon).toEqual([]);
  } catch (error) {
    console.log(`seed ${seed}; what was done:\n${did.join("\n")}`);
    for (const each of everything) console.log(`--- ${each.name}\n${each.said().slice(-6_000)}`);
    throw error;
  } finally {
    await store?.close();
    for (const each of everything) await each.kill();
    for (const process_ of processesOf(folder)) {
      try {
        process.kill(Number.parseInt(process_, 10), "SIGKILL");
      } catch {
        // it has ended meanwhile
      }
    }
    for (const line of lines.values()) await line[Symbol.asyncDispose]();
  }
});
