import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { CleanupStack, type Clock, type DaemonLog } from "@basalt/core";
import type { ServerEncryption } from "@basalt/link";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { DeviceConfigs } from "./devices/index.js";
import { startHousekeeping } from "./housekeeping.js";
import { type Metrics, makeMetrics } from "./http/metrics.js";
import { channels, type JobNotice } from "./jobs/channels.js";
import { type JobLife, makeJobLife } from "./jobs/job-life.js";
import { type LogSealer, makeLogSealer } from "./jobs/seal-logs.js";
import { makeLabBackend } from "./link/lab-backend.js";
import { type ServerLink, startServerLink } from "./link/server-link.js";
import { checkSharedFolder, nameOfFolder, openLogFolder } from "./log-folder.js";
import { type LogStore, localLogStore } from "./logs/index.js";
import { type LogIntake, makeLogIntake } from "./results/index.js";
import { type Scheduler, startScheduler } from "./scheduler/index.js";
import { inWords } from "./store/errors.js";
import type { Store } from "./store/store.js";

export interface LabOptions {
  /** Open and migrated; the lab does not close it. */
  readonly store: Store;
  readonly catalog: PluginCatalog;
  readonly clock: Clock;
  readonly log: DaemonLog;
  readonly version: string;
  /** Logs are kept in `logs` in it. */
  readonly stateFolder: string;
  /** Where this server's pages are, for other servers of the database. */
  readonly url: string;
  /** ZeroMQ endpoint for workers, such as `tcp://127.0.0.1:5556`; none: this process serves no workers. */
  readonly endpoint: string | undefined;
  readonly encryption?: ServerEncryption;
  /** Workers that nobody added are added when they say hello. */
  readonly autoRegister: boolean;
  readonly extraContext?: readonly string[];
  /** Seconds; see housekeeping.ts and scheduler.ts. */
  readonly jobLostAfter?: number;
  readonly queueTimeout?: number;
}

/** A server without its HTTP side: what schedules, what talks to workers, and what keeps logs. */
export interface Lab extends AsyncDisposable {
  readonly id: string;
  readonly stateFolder: string;
  readonly store: Store;
  readonly configs: DeviceConfigs;
  readonly life: JobLife;
  readonly logs: LogStore;
  readonly intake: LogIntake;
  readonly scheduler: Scheduler;
  readonly link: ServerLink | undefined;
  readonly metrics: Metrics;
}

const defaultJobLostAfter = 600;

/** Starts it; disposing stops it, jobs go on. @throws what keeps it from starting */
export async function openLab(options: LabOptions): Promise<Lab> {
  const { store, clock, log, version, url } = options;
  const id = randomUUID();
  const folder = await openLogFolder(join(options.stateFolder, "logs"));
  await checkSharedFolder(store, folder, clock.now());
  const cleanup = new CleanupStack();
  let closed: Promise<void> | undefined;
  try {
    const server = { id, url, version, log_folder: nameOfFolder(folder) };
    await store.knex("servers").insert(server);
    cleanup.defer("forget this server", async () => {
      await store.knex("servers").where({ id }).delete();
    });
    const configs = new DeviceConfigs(store, {
      ...(options.extraContext ? { extraContext: options.extraContext } : {}),
    });
    const life = makeJobLife(store, clock);
    const logs = localLogStore({ folder: folder.path });
    cleanup.use(logs, "close the logs");
    const metrics = makeMetrics({ store, clock });
    const intake = metrics.counted(makeLogIntake({ store, logs, clock, log }));
    cleanup.use(intake, "store the last results");
    const sealer = makeLogSealer({ store, logs, intake, log });
    const link = await openLink(options, { id, configs, life, logs, intake, sealer }, cleanup);
    cleanup.defer("hurry with the last results", () => intake.hurry());
    const scheduler = await startScheduler({
      store,
      configs,
      clock,
      log,
      onPass: metrics.observePass,
      ...(options.queueTimeout === undefined ? {} : { queueTimeout: options.queueTimeout }),
    });
    cleanup.use(scheduler, "stop the scheduler");
    const house = startHousekeeping({
      store,
      life,
      sealer,
      clock,
      log,
      server,
      jobLostAfter: options.jobLostAfter ?? defaultJobLostAfter,
    });
    cleanup.use(house, "stop the housekeeping");
    return {
      id,
      stateFolder: options.stateFolder,
      store,
      configs,
      life,
      logs,
      intake,
      scheduler,
      link,
      metrics,
      [Symbol.asyncDispose]() {
        closed ??= unwind(cleanup, log);
        return closed;
      },
    };
  } catch (error) {
    await unwind(cleanup, log);
    throw error;
  }
}

const unwind = (cleanup: CleanupStack, log: DaemonLog): Promise<void> =>
  cleanup.unwind((what, error) => log.warning(`could not ${what}: ${inWords(error)}`));

type LinkParts = Pick<Lab, "id" | "configs" | "life" | "logs" | "intake"> & { readonly sealer: LogSealer };

async function openLink(options: LabOptions, parts: LinkParts, cleanup: CleanupStack): Promise<ServerLink | undefined> {
  const { store, catalog, clock, log, version, endpoint, encryption, autoRegister } = options;
  if (endpoint === undefined) return undefined;
  const backend = makeLabBackend({ ...parts, store, catalog, clock, log, version, serverId: parts.id, autoRegister });
  const link = await startServerLink({ endpoint, version, backend, log, clock, ...(encryption ? { encryption } : {}) });
  cleanup.defer("close the link", async () => {
    await link[Symbol.asyncDispose]();
    await backend.idle();
  });
  const pokeAll = (): void => {
    for (const worker of link.connected()) link.poke(worker);
  };
  const heard = await store.listen(
    channels.jobs,
    (payload) => {
      const { worker, state } = JSON.parse(payload) as JobNotice;
      if (worker !== null && state !== "Running") link.poke(worker);
    },
    { resync: pokeAll },
  );
  cleanup.defer("stop listening", () => heard.close());
  return link;
}
