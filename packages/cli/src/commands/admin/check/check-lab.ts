import { DeviceConfigs, type DeviceRow, type Store, type WorkerRow } from "@basalt/server";
import type { KnownServer } from "./check-database.js";
import { type Finding, hint, named, ok, problem } from "./finding.js";

/** Workers that are meant to work and are not there. */
export async function checkWorkers(store: Store, servers: readonly KnownServer[]): Promise<readonly Finding[]> {
  const workers: WorkerRow[] = await store.knex<WorkerRow>("workers").whereNot({ health: "Retired" }).orderBy("name");
  if (workers.length === 0)
    return [
      hint(
        "workers",
        "there is none",
        "add one with 'basalt admin workers add NAME', and start 'basalt worker' on its machine",
      ),
    ];
  const offline = workers
    .filter(({ state, health }) => state === "Offline" && health === "Active")
    .map(({ name }) => name);
  const findings: Finding[] = [];
  if (offline.length > 0 && servers.length > 0)
    findings.push(
      problem(
        "workers",
        `${named(offline)} offline`,
        "start 'basalt worker' there, look at its log, or set --health maintenance",
      ),
    );
  if (offline.length < workers.length)
    findings.push(ok("workers", `${workers.length - offline.length} of ${workers.length} online or in maintenance`));
  return findings;
}

interface Trouble {
  readonly what: string;
  readonly level: "hint" | "problem";
  readonly fix: string;
  readonly devices: readonly string[];
}

/** What to do where a template that others build on is not there. */
function missingTemplate(words: string): string | undefined {
  const name = /(\S+)\.jinja2 \(TemplateNotFound\)/.exec(words)?.[1];
  return name && `bring that template: basalt admin device-types template ${name} FILE, or sync FOLDER --templates DIR`;
}

/** Devices that no job can have, and why. */
export async function checkDevices(store: Store): Promise<readonly Finding[]> {
  const devices: DeviceRow[] = await store.knex<DeviceRow>("devices").whereNot({ health: "Retired" }).orderBy("name");
  if (devices.length === 0)
    return [
      hint(
        "devices",
        "there is none",
        "add one with 'basalt admin devices add', or a folder with 'basalt admin sync FOLDER'",
      ),
    ];
  const configs = new DeviceConfigs(store);
  await configs.refresh();
  const types = new Map(
    (
      (await store.knex("device_types").select("name", "display", "disable_health_check")) as {
        name: string;
        display: boolean;
        disable_health_check: boolean;
      }[]
    ).map((type) => [type.name, type]),
  );
  const those = (wanted: (device: DeviceRow) => boolean): readonly string[] =>
    devices.filter(wanted).map(({ name }) => name);
  const broken = await Promise.all(
    devices
      .filter(({ name }) => configs.hasDictionary(name))
      .map(async (device) => ({ name: device.name, words: await configs.problem(device) })),
  );
  const troubles: readonly Trouble[] = [
    {
      what: "without a dictionary",
      level: "problem",
      fix: "write one: basalt admin devices dictionary NAME FILE",
      devices: those(({ name }) => !configs.hasDictionary(name)),
    },
    {
      what: "without a worker",
      level: "problem",
      fix: "basalt admin devices update NAME --worker WORKER",
      devices: those(({ worker }) => worker === null),
    },
    {
      what: "of a type that is hidden, so that no job runs on them",
      level: "hint",
      fix: "basalt admin device-types update TYPE --display",
      devices: those(({ device_type }) => types.get(device_type)?.display === false),
    },
    {
      what: "without a health check",
      level: "hint",
      fix: "basalt admin device-types health-check TYPE FILE, or update TYPE --no-health-checks",
      devices: those(
        (device) =>
          configs.hasDictionary(device.name) &&
          !configs.healthCheck(device) &&
          types.get(device.device_type)?.disable_health_check !== true,
      ),
    },
    {
      what: "Bad",
      level: "problem",
      fix: "look at the health check's job, mend the board, then devices update NAME --health unknown",
      devices: those(({ health }) => health === "Bad"),
    },
  ];
  const findings = troubles
    .filter((trouble) => trouble.devices.length > 0)
    .map(
      ({ what, level, fix, devices: names }): Finding => ({
        level,
        area: "devices",
        found: `${names.length} ${what}: ${named(names)}`,
        fix,
      }),
    );
  for (const { name, words } of broken)
    if (words !== undefined)
      findings.push(
        problem(
          "devices",
          `${name} can't be used: ${words.split("\n").join(" ")}`,
          missingTemplate(words) ?? `basalt admin devices dictionary ${name} FILE`,
        ),
      );
  if (findings.every(({ level }) => level !== "problem"))
    findings.push(ok("devices", `${devices.length} are ready or in maintenance`));
  return findings;
}
