import { join } from "node:path";
import { CleanupStack, type Clock, type DaemonLog, isBasaltError, toBasaltError } from "@basalt/core";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { httpFront, type Lab, makeServices, type Services, startServer, systemAdmin } from "@basalt/server";
import { startWorker } from "@basalt/worker";
import { labKeys } from "./lab-keys.js";
import { labEndpoint, writeLabSettings } from "./lab-settings.js";
import { type LabLogin, labLogin } from "./login.js";
import { labServerFolder } from "./state-folder.js";
import type { LabDevice } from "./virtual-device.js";

export interface StartLabOptions {
  readonly stateFolder: string;
  readonly port: number;
  readonly devices: readonly LabDevice[];
  readonly catalog: PluginCatalog;
  /** What starts a job's process: its argv before the job's folder. */
  readonly jobCommand: readonly string[];
  readonly extraContext: readonly string[];
  readonly version: string;
  readonly clock: Clock;
  readonly log: DaemonLog;
}

export interface RunningLab extends AsyncDisposable {
  readonly url: string;
  /** Where more workers dial in: `tcp://127.0.0.1:40123`. */
  readonly endpoint: string;
  readonly login: LabLogin;
  /** The server's settings, for `basalt admin --config`. */
  readonly settingsFile: string;
  readonly devices: readonly string[];
}

const worker = "lab";

/** Starts database, server and worker in this process, and adds the devices that are not there yet. @throws what keeps it from starting */
export async function startLab(options: StartLabOptions): Promise<RunningLab> {
  const { stateFolder, clock, log, version, catalog } = options;
  const keys = await labKeys(stateFolder, worker);
  const cleanup = new CleanupStack();
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= cleanup.unwind((what, error) => log.warning(`could not ${what}: ${toBasaltError(error).message}`));
    return stopped;
  };
  try {
    const server = cleanup.use(
      await startServer({
        stateFolder: labServerFolder(stateFolder),
        host: "127.0.0.1",
        port: options.port,
        workers: await labEndpoint(stateFolder),
        encryption: keys.server,
        // a key that lies in its folder names its worker
        autoRegister: true,
        extraContext: options.extraContext,
        catalog,
        version,
        clock,
        log,
        http: httpFront({ catalog, clock, log, version }),
      }),
      "stop the server",
    );
    const settingsFile = await writeLabSettings(stateFolder, server);
    const services = makeServices({ ...server.lab, catalog, clock, log });
    const login = await labLogin(services, stateFolder);
    cleanup.use(
      await startWorker({
        server: server.endpoint,
        name: worker,
        stateFolder: join(stateFolder, "worker"),
        encryption: keys.worker,
        version,
        command: options.jobCommand,
        clock,
        log,
      }),
      "stop the worker",
    );
    const devices: string[] = [];
    for (const device of options.devices) {
      await addDevice(services, device);
      devices.push(device.name);
    }
    cleanup.defer("end the running jobs", () => endJobs(server.lab, clock));
    return { url: server.url, endpoint: server.endpoint, login, settingsFile, devices, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** How long jobs may take to switch their boards off and end. */
const endWithinMs = 180_000;

/** A lab that is stopped leaves no board on: what runs is canceled, what waits is there at the next start. */
async function endJobs({ store, life }: Lab, clock: Clock): Promise<void> {
  const running = (): Promise<{ id: number }[]> =>
    store.knex("jobs").whereIn("state", ["Scheduled", "Running", "Canceling"]).orderBy("id").select("id");
  const left = await running();
  for (const { id } of left) await life.cancel(id, { author: "lab", reason: "the lab is stopped" });
  using deadline = clock.deadline(endWithinMs, "the end of the running jobs");
  while ((await running()).length > 0) await clock.sleep(100, { signal: deadline.signal });
}

const unlessThere = async (work: Promise<void>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (!isBasaltError(error) || error.details.status !== 409) throw error;
  }
};

async function addDevice(services: Services, { name, type, dictionary }: LabDevice): Promise<void> {
  const { deviceTypes, devices, workers } = services;
  await unlessThere(workers.add(systemAdmin, worker, { description: "this machine" }));
  await unlessThere(deviceTypes.add(systemAdmin, type, {}));
  await unlessThere(devices.add(systemAdmin, name, { device_type: type, worker, health: "Good" }));
  await devices.setDictionary(systemAdmin, name, dictionary);
}
