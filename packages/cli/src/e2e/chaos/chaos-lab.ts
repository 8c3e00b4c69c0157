import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import { DeviceConfigs, type Store, submitJob } from "@basalt/server";
import { expect } from "vitest";
import { findPlugins } from "../../plugins/plugin-catalog.js";
import { fakeJob } from "../../testing/bench.js";
import type { BuiltCommand } from "../../testing/build-command.js";
import { type ChaosLine, openChaosLine } from "./chaos-line.js";
import { addFakeDevices, cancelJob, type FakeDevice } from "./fake-devices.js";
import {
  type Daemon,
  freePort,
  type LabFolder,
  lives,
  makeDaemon,
  openBeside,
  postmasterOf,
  processesOf,
  serverArguments,
  workerArguments,
} from "./lab-processes.js";
import type { Random } from "./random.js";

const workers = ["w1", "w2"] as const;
const soon = { timeout: 60_000, interval: 10 };

/** What may be killed; `server` with the PostgreSQL it keeps. */
export type Victim = "server" | "worker" | "job" | "rescue" | "postgres";

interface Parts {
  readonly folder: LabFolder;
  readonly random: Random;
  readonly server: Daemon;
  readonly daemons: readonly Daemon[];
  readonly lines: ReadonlyMap<string, ChaosLine>;
  readonly devices: readonly FakeDevice[];
}

/** A lab of real processes: a server, two workers with three fake boards each, a bad line between each and the server. */
export class ChaosLab implements AsyncDisposable {
  readonly workers = workers;
  readonly devices: readonly FakeDevice[];
  readonly killed: Record<Victim, number> = { server: 0, worker: 0, job: 0, rescue: 0, postgres: 0 };
  /** What was done, with the second of each. */
  readonly did: string[] = [];
  readonly #all: readonly Daemon[];

  private constructor(
    private readonly parts: Parts,
    readonly store: Store,
    private readonly submitText: (text: string) => Promise<{ readonly ids: readonly string[] }>,
  ) {
    this.devices = parts.devices;
    this.#all = [parts.server, ...parts.daemons];
  }

  static async open(built: BuiltCommand, folder: LabFolder, random: Random): Promise<ChaosLab> {
    const port = await freePort();
    const lines = new Map<string, ChaosLine>();
    for (const name of workers) lines.set(name, await openChaosLine(port, random));
    const daemon = (name: string, argv: readonly string[]): Daemon => makeDaemon({ name, folder, argv });
    const server = daemon("server", serverArguments(built, folder, `tcp://127.0.0.1:${port}`));
    const daemons = workers.map((name) =>
      daemon(name, workerArguments(built, folder, { name, server: lines.get(name)?.endpoint ?? "" })),
    );
    const devices = workers.flatMap((worker) =>
      [1, 2, 3].map((n) => ({ name: `${worker}-${n}`, worker, outlet: folder.outlet(`${worker}-${n}`) })),
    );
    const parts: Parts = { folder, random, server, daemons, lines, devices };
    for (const each of [server, ...daemons]) each.start();
    try {
      const store = await openBeside(folder);
      const person = await addFakeDevices(store, devices);
      const config = { folder: folder.path, plugins: [], dispatcher: {}, templates: [], extraContext: [] };
      const catalog = await findPlugins({ cwd: folder.path, plugins: [built.plugin], config });
      const configs = new DeviceConfigs(store, {});
      return new ChaosLab(parts, store, (text) => submitJob({ store, configs, catalog }, { person, text }));
    } catch (error) {
      console.log(`the lab did not start; its server: ${server.said().slice(-6_000)}`);
      await killAll(parts);
      throw error;
    }
  }

  #note(what: string): void {
    this.did.push(`${(performance.now() / 1_000).toFixed(1)} ${what}`);
  }

  /** Until the database, which may be on its way down or up, has done it. */
  async #again<T>(work: () => Promise<T>): Promise<T> {
    let result: { readonly value: T } | undefined;
    const tryIt = async (): Promise<string> => {
      try {
        result = { value: await work() };
        return "done";
      } catch (error) {
        return String(error);
      }
    };
    await expect.poll(tryIt, soon).toBe("done");
    return (result as unknown as { readonly value: T }).value;
  }

  /** A job that counts until it is told that it is enough, and then ends, fails or hangs. */
  async submit(): Promise<void> {
    const { random, folder } = this.parts;
    const kind = random.weighted({ end: 6, fail: 1, hang: 1 });
    const steps = [{ do: "child" }, { do: "count", folder: folder.journals, everyMs: 2 + random.below(10) }];
    const more = {
      end: [],
      fail: [{ do: "fail", kind: random.pick(["job", "infrastructure"]) }],
      hang: [{ do: "hang" }],
    };
    const text = JSON.stringify(fakeJob([...steps, ...more[kind]]));
    const { ids } = await this.#again(() => this.submitText(text));
    this.#note(`submitted ${ids}, to ${kind}`);
  }

  unfinished(): Promise<readonly { readonly id: number; readonly state: string }[]> {
    return this.#again(() =>
      this.store.knex("jobs").whereNot({ state: "Finished" }).orderBy("id").select("id", "state"),
    );
  }

  async cancel(job: number): Promise<void> {
    this.#note(`canceled ${job}`);
    await this.#again(() => cancelJob(this.store, systemClock, job));
  }

  #journal = (job: number): string => join(this.parts.folder.journals, `${job}.yaml`);
  #enough = (job: number): string => join(this.parts.folder.journals, `${job}.enough`);

  /** Jobs that began to count and may go on. */
  counting(): readonly number[] {
    return readdirSync(this.parts.folder.journals)
      .filter((name) => name.endsWith(".yaml"))
      .map((name) => Number.parseInt(name, 10))
      .filter((job) => !existsSync(this.#enough(job)))
      .sort((a, b) => a - b);
  }

  enough(job: number): void {
    writeFileSync(this.#enough(job), "");
  }

  hangs(job: number): boolean {
    const path = this.#journal(job);
    return existsSync(path) && /"start: [\d.]+ fake-hang/.test(readFileSync(path, "utf8"));
  }

  /** Bytes of all logs at the server. */
  #storedBytes(): number {
    const logs = join(this.parts.folder.server, "logs");
    const size = (name: string): number => statSync(join(logs, name), { throwIfNoEntry: false })?.size ?? 0;
    return readdirSync(logs, { recursive: true })
      .map(String)
      .filter((name) => name.includes("output.yaml"))
      .reduce((sum, name) => sum + size(name), 0);
  }

  /** Until some job has written a bit more and, at times, the server has it; not for long, since it may be that none can. */
  async progress(): Promise<void> {
    const { random } = this.parts;
    const job = random.pick(this.counting());
    const written = (): number =>
      job === undefined ? 0 : (statSync(this.#journal(job), { throwIfNoEntry: false })?.size ?? 0);
    const wanted = written() + random.below(8_000);
    const stored = this.#storedBytes() + (random() < 0.5 ? random.below(8_000) : -1);
    const begin = performance.now();
    const due = (): boolean =>
      (written() > wanted && this.#storedBytes() > stored) || performance.now() - begin > 2_500;
    await expect.poll(due, soon).toBe(true);
    for (const each of this.#all)
      if (each.pid !== undefined && !lives(each.pid)) {
        this.#note(`${each.name} ENDED BY ITSELF`);
        each.start();
      }
  }

  /** Something happens to a line, or it is well again. */
  disturb(): void {
    const { random, lines } = this.parts;
    const name = random.pick(workers) ?? "";
    const how = random.weighted({ cut: 3, hold: 2, swallow: 1, delay: 3, haunt: 3, calm: 4 });
    this.#note(`line of ${name}: ${how}`);
    const line = lines.get(name);
    if (how === "delay") line?.delay(300);
    else if (how === "haunt") line?.haunt(1_500);
    else line?.[how]();
  }

  calm(): void {
    for (const line of this.parts.lines.values()) line.calm();
  }

  /** SIGKILL. False: there is no such process now. */
  async kill(victim: Victim): Promise<boolean> {
    const { server, daemons, random, folder } = this.parts;
    const restart = async (which: Daemon | undefined): Promise<string | undefined> => {
      await which?.kill();
      which?.start();
      return which?.name;
    };
    const acts: Record<Victim, () => Promise<string | undefined> | string | undefined> = {
      server: () => restart(server),
      worker: () => restart(random.pick(daemons)),
      job: () => this.#killJob(),
      rescue: () => this.#killRescue(),
      postgres: () => killPid(postmasterOf(folder)),
    };
    const what = await acts[victim]();
    if (what === undefined) return false;
    this.#note(`killed ${victim}: ${what}`);
    this.killed[victim]++;
    return true;
  }

  /** Kills some job's process. @returns the job's folder */
  #killJob(): string | undefined {
    const { folder, random } = this.parts;
    const found = workers.flatMap((name) => {
      const jobs = join(folder.worker(name), "jobs");
      return (existsSync(jobs) ? readdirSync(jobs) : []).map((job) => join(jobs, job));
    });
    const path = random.pick(found.filter((job) => existsSync(join(job, "pid.json"))).sort());
    return path !== undefined && killOwner(join(path, "pid.json")) ? path : undefined;
  }

  /** Kills some job's process, and what tidies up after it, if there comes to be such a thing soon. */
  async #killRescue(): Promise<string | undefined> {
    const job = this.#killJob();
    if (job === undefined) return undefined;
    const begin = performance.now();
    const there = (): boolean =>
      existsSync(join(job, "rescue.json")) || !existsSync(job) || performance.now() - begin > 5_000;
    await expect.poll(there, { ...soon, interval: 2 }).toBe(true);
    return killOwner(join(job, "rescue.json")) ? job : undefined;
  }

  /** All jobs end, the server has all of them, the workers nothing more. */
  async finish(): Promise<void> {
    this.#note("no more kills");
    this.calm();
    const left = async (): Promise<readonly unknown[]> => {
      for (const job of this.counting()) this.enough(job);
      const jobs = await this.unfinished();
      for (const { id } of jobs) if (this.hangs(id)) await this.cancel(id);
      return jobs;
    };
    await expect.poll(left, { timeout: 120_000, interval: 200 }).toEqual([]);
    const folders = (): string[] =>
      workers.flatMap((name) => readdirSync(join(this.parts.folder.worker(name), "jobs")));
    await expect.poll(folders, { timeout: 60_000, interval: 50 }).toEqual([]);
    const unpacked = () => this.store.knex("jobs").where({ log_sealed: false }).whereNotNull("worker").select("id");
    await expect.poll(unpacked, { timeout: 60_000, interval: 100 }).toEqual([]);
  }

  /** Ends all of it as a system does; nothing is left. */
  async stop(): Promise<void> {
    for (const each of this.parts.daemons) expect(await each.stop(), each.name).toBe(0);
    await this.store.close();
    expect(await this.parts.server.stop()).toBe(0);
    await expect.poll(() => processesOf(this.parts.folder), soon).toEqual([]);
  }

  /** For whoever looks into a failure. */
  story(): string {
    const said = this.#all.map((each) => `--- ${each.name}\n${each.said().slice(-6_000)}`);
    return [...this.did, ...said].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await killAll(this.parts);
  }
}

async function killAll({ server, daemons, folder, lines }: Parts): Promise<void> {
  for (const each of [server, ...daemons]) await each.kill();
  for (const line of processesOf(folder)) killPid(Number.parseInt(line, 10));
  for (const line of lines.values()) await line[Symbol.asyncDispose]();
}

function killPid(pid: number | undefined): string | undefined {
  if (pid === undefined || !lives(pid)) return undefined;
  try {
    process.kill(pid, "SIGKILL");
    return String(pid);
  } catch {
    return undefined; // it ended just now
  }
}

/** Kills the process that a file names. */
function killOwner(path: string): boolean {
  try {
    return killPid(JSON.parse(readFileSync(path, "utf8")).pid) !== undefined;
  } catch {
    return false; // the job ended just now
  }
}
