import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "@basalt/core";
import { DeviceConfigs, type Store, submitJob } from "@basalt/server";
import { expect } from "vitest";
import { findPlugins } from "../../plugins/plugin-catalog.js";
import { fakeJob } from "../../testing/bench.js";
import type { BuiltCommand } from "../../testing/build-command.js";
import { aims, type Victim } from "./aims.js";
import { type ChaosLine, openChaosLine } from "./chaos-line.js";
import { addFakeDevices, cancelJob, type FakeDevice } from "./fake-devices.js";
import { type LabParts, workers } from "./lab-parts.js";
import {
  type Daemon,
  freePort,
  type LabFolder,
  lives,
  makeDaemon,
  openBeside,
  processesOf,
  serverArguments,
  workerArguments,
} from "./lab-processes.js";
import type { LinkHeader } from "./link-messages.js";
import { makeMoments, type Passing } from "./moments.js";
import { type Random, randomOf } from "./random.js";
import { killAll, pidIn, strike } from "./strike.js";
import { linesOf, textOf } from "./torn-disk.js";

const soon = { timeout: 60_000, interval: 10 };

/** A lab of real processes: a server, two workers with three fake boards each, a bad line between each and the server. */
export class ChaosLab implements AsyncDisposable {
  readonly workers = workers;
  readonly devices: readonly FakeDevice[];
  readonly killed: Record<Victim, number> = { server: 0, worker: 0, job: 0, rescue: 0, postgres: 0 };
  /** Jobs whose process was killed, or that were canceled: all others must end as they wanted to. */
  readonly killedJobs = new Set<number>();
  readonly canceledJobs = new Set<number>();
  /** What was promised and turned out not to be so while the lab ran. */
  readonly broken: readonly string[];
  /** What was done, with the second of each. */
  readonly did: string[] = [];
  readonly #all: readonly Daemon[];
  readonly #stop = new AbortController();

  private constructor(
    private readonly parts: LabParts,
    readonly store: Store,
    private readonly submitText: (text: string) => Promise<{ readonly ids: readonly string[] }>,
  ) {
    this.devices = parts.devices;
    this.broken = parts.broken;
    this.#all = [parts.server, ...parts.daemons];
  }

  static async open(built: BuiltCommand, folder: LabFolder, random: Random): Promise<ChaosLab> {
    const port = await freePort();
    const lines = new Map<string, ChaosLine>();
    const broken: string[] = [];
    // what passes a line depends on time: of its own, so that a seed makes the same kills
    const chance = randomOf(random.below(2 ** 31));
    const moments = makeMoments(({ header: { type, job = 0, next = 0 } }) => {
      if (type !== "LOG_OK" || chance() > 0.25) return;
      const stored = linesOf(textOf(join(folder.server, "logs"), job));
      if (stored !== undefined && stored < next)
        broken.push(`job ${job}: ${next} lines acknowledged, ${stored} stored`);
    });
    for (const name of workers) {
      const seen = (header: LinkHeader): boolean => moments.pass({ worker: name, header });
      lines.set(name, await openChaosLine({ port, random: chance, seen }));
    }
    const daemon = (name: string, argv: readonly string[]): Daemon => makeDaemon({ name, folder, argv });
    const server = daemon("server", serverArguments(built, folder, `tcp://127.0.0.1:${port}`));
    const daemons = workers.map((name) =>
      daemon(name, workerArguments(built, folder, { name, server: lines.get(name)?.endpoint ?? "" })),
    );
    const devices = workers.flatMap((worker) =>
      [1, 2, 3].map((n) => ({ name: `${worker}-${n}`, worker, outlet: folder.outlet(`${worker}-${n}`) })),
    );
    const parts: LabParts = { folder, random, server, daemons, lines, devices, moments, broken };
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
      this.#revive();
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
    const hours = { job: { hours: 2 }, action: { hours: 2 }, actions: { finalize: { seconds: 20 } } };
    const text = JSON.stringify(fakeJob([...steps, ...more[kind]], { timeouts: hours }));
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
    this.canceledJobs.add(job);
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
      (written() > wanted && this.#storedBytes() > stored) || performance.now() - begin > 2_000;
    await expect.poll(due, soon).toBe(true);
    this.#revive();
  }

  /** As systemd would. A server may end by itself where its PostgreSQL is killed while it opens the database, in words; nothing else may. */
  #revive(): void {
    for (const each of this.#all) {
      if (each.pid === undefined || lives(each.pid)) continue;
      const last = each.said().trimEnd().split("\n").at(-1) ?? "";
      this.#note(`${each.name} ended by itself: ${last}`);
      if (each.name !== "server" || !/ERR_DATABASE|postmaster/.test(last))
        this.parts.broken.push(`${each.name} ended by itself: ${last}`);
      each.start();
    }
  }

  /** Something happens to a line, or it is well again. */
  disturb(): void {
    const { random, lines } = this.parts;
    const name = random.pick(workers) ?? "";
    const how = random.weighted({ cut: 3, hold: 2, swallow: 1, delay: 2, haunt: 3, jumble: 6, calm: 2 });
    this.#note(`line of ${name}: ${how}`);
    const line = lines.get(name);
    if (how === "delay") line?.delay(300);
    else if (how === "haunt") line?.haunt(1_500);
    else line?.[how]();
  }

  calm(): void {
    for (const line of this.parts.lines.values()) line.calm();
  }

  /** SIGKILL, most often at a moment that matters. False: there is no such process now. */
  async kill(victim: Victim): Promise<boolean> {
    const aim = await this.#aim(victim);
    const struck = await strike(this.parts, victim, aim?.passing);
    if (struck?.job !== undefined) this.killedJobs.add(struck.job);
    if (!struck?.words) return false;
    this.#note(`killed ${struck.words}${aim ? `, ${aim.words}` : ""}`);
    this.killed[victim]++;
    return true;
  }

  /** Waits for a message at which to strike, having done what makes it come. */
  async #aim(victim: Victim): Promise<{ readonly passing: Passing; readonly words: string } | undefined> {
    const { random, moments } = this.parts;
    const aim = random() < 0.7 ? random.pick(aims[victim]) : undefined;
    if (!aim) return undefined;
    const { type, afterMs } = aim;
    const isLost = aim.mayBeLost && random() < 0.5;
    const coming = moments.next({ type, isLost }, 2_000);
    if (type.startsWith("START")) await this.submit();
    const job = random.pick(this.counting());
    if (type.startsWith("END") && job !== undefined) this.enough(job);
    if (type === "CANCEL" && job !== undefined) await this.cancel(job);
    const passing = await coming;
    if (!passing) return undefined;
    if (aim.file !== undefined) await this.#appears(passing, aim.file);
    const ms = random.below(afterMs + 1);
    if (ms > 0) await systemClock.sleep(ms, { signal: this.#stop.signal });
    return {
      passing,
      words: `${ms} ms after ${aim.file ?? type} of ${passing.header.job}${isLost ? ", which was lost" : ""}`,
    };
  }

  /** Until a job's folder has a file, or it is clear that it won't. */
  async #appears({ worker, header: { job } }: Passing, file: string): Promise<void> {
    const path = join(this.parts.folder.worker(worker), "jobs", String(job), file);
    const begin = performance.now();
    const there = (): boolean => existsSync(path) || performance.now() - begin > 3_000;
    await expect.poll(there, { ...soon, interval: 1 }).toBe(true);
  }

  /** Somebody starts a second daemon with a worker's name and folder: it must not get far. */
  async rival(): Promise<void> {
    const { random, daemons, folder } = this.parts;
    const daemon = random.pick(daemons);
    const lock = join(folder.worker(daemon?.name ?? ""), "worker.lock");
    const holds = (): boolean => pidIn(lock) === daemon?.pid;
    await expect.poll(holds, soon).toBe(true);
    const rival = makeDaemon({ name: `${daemon?.name}-rival`, folder, argv: daemon?.argv ?? [] });
    rival.start();
    this.#note(`a rival of ${daemon?.name}`);
    const inTime = new AbortController();
    await Promise.race([rival.gone(), systemClock.sleep(20_000, { signal: inTime.signal })]);
    inTime.abort();
    const said = rival.said();
    await rival.kill();
    if (!said.includes("ERR_STATE_FOLDER_BUSY"))
      this.parts.broken.push(`a rival of ${daemon?.name} was let in: ${said}`);
  }

  /** All jobs end, the server has all of them, the workers nothing more. */
  async finish(): Promise<void> {
    this.#note("no more kills");
    this.calm();
    // nobody dials anew from here on: what gets lost has to be said again
    for (const type of ["START", "START_OK", "CANCEL", "LOG", "LOG_OK", "END", "END_OK"]) this.parts.moments.lose(type);
    const [first] = this.counting();
    if (first !== undefined) await this.cancel(first);
    await this.submit();
    const unended = async (): Promise<readonly unknown[]> => {
      for (const job of this.counting()) this.enough(job);
      const jobs = await this.unfinished();
      for (const { id } of jobs) if (this.hangs(id)) await this.cancel(id);
      return jobs;
    };
    await expect.poll(unended, { timeout: 120_000, interval: 200 }).toEqual([]);
    const folders = (): string[] =>
      workers.flatMap((name) => readdirSync(join(this.parts.folder.worker(name), "jobs")));
    await expect.poll(folders, { timeout: 60_000, interval: 50 }).toEqual([]);
    const unpacked = () => this.store.knex("jobs").where({ log_sealed: false }).whereNotNull("worker").select("id");
    await expect.poll(unpacked, { timeout: 60_000, interval: 100 }).toEqual([]);
    const left = () =>
      processesOf(this.parts.folder).filter((line) => !/basalt.js (?:server|worker) |postgres/.test(line));
    await expect.poll(left, { timeout: 3_000, interval: 100 }).toEqual([]);
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
    this.did.push(...this.broken);
    const said = this.#all.map((each) => `--- ${each.name}\n${each.said().slice(-6_000)}`);
    return [...this.did, ...said].join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.close();
    await killAll(this.parts);
  }
}
