import { chown, copyFile, mkdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { configurationError } from "@basalt/core";
import type { Command } from "commander";
import type { ServerSettings } from "../../settings/server-settings.js";
import { type AloneContext, addGroup, examples, type Runners } from "./group.js";
import { makeOutput, moment } from "./output.js";
import { adminSettings } from "./settings.js";

/** What root makes belongs to whom the state folder belongs: the server has to read it. */
async function giveToServer({ stateFolder }: ServerSettings, paths: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const owner = await stat(stateFolder).catch(() => undefined);
  for (const path of owner ? paths : []) if (owner) await chown(path, owner.uid, owner.gid);
}

const serverName = ({ serverKey }: ServerSettings): string => basename(serverKey).replace(/\.key_secret$/, "");
const publicOf = (secretFile: string): string => secretFile.replace(/(\.key_secret)?$/, ".key");

async function createServer({ io, args }: AloneContext): Promise<void> {
  const { createKeys } = await import("@basalt/link");
  const settings = await adminSettings(args, io);
  const dir = dirname(settings.serverKey);
  const made = await createKeys(serverName(settings), dir);
  await mkdir(settings.workerKeys, { recursive: true, mode: 0o700 });
  await giveToServer(settings, [dir, settings.workerKeys, made.secretFile, made.publicFile]);
  const out = makeOutput(io, args);
  if (out.json) return out.show(made);
  out.say(`the server's secret key: ${made.secretFile} (it stays here)`);
  out.say(`its public key:          ${made.publicFile} (copy it to every worker)`);
  out.say("then: basalt admin keys create NAME for each worker, and start the server with --encrypt");
}

async function createWorker({ io, args }: AloneContext, name: string, folder: string | undefined): Promise<void> {
  const { createKeys } = await import("@basalt/link");
  const settings = await adminSettings(args, io);
  if (name === serverName(settings))
    throw configurationError(
      "ERR_KEY_NAME",
      `a worker can't be named "${name}": that is the server's own key (--server makes that)`,
    );
  const serverPublic = publicOf(settings.serverKey);
  const dir = folder === undefined ? dirname(settings.serverKey) : resolve(io.cwd, folder);
  const made = await createKeys(name, dir, { publicDir: settings.workerKeys });
  await giveToServer(settings, [
    settings.workerKeys,
    made.publicFile,
    ...(folder === undefined ? [dir, made.secretFile] : []),
  ]);
  const there = await stat(serverPublic).then(
    () => true,
    () => false,
  );
  if (folder !== undefined && there) await copyFile(serverPublic, join(dir, basename(serverPublic)));
  const out = makeOutput(io, args);
  if (out.json) return out.show(made);
  out.say(`${made.publicFile}: a server that runs accepts worker ${name} from now on`);
  out.say(`copy to the worker, into keys/ of its state folder (/var/lib/basalt/worker/keys):`);
  out.say(`  ${made.secretFile} (secret: carry it over safely, mode 0600, then delete it here)`);
  out.say(
    `  ${folder !== undefined && there ? join(dir, basename(serverPublic)) : serverPublic} (the server's public key)`,
  );
  if (!there) out.say("the server has no key yet: basalt admin keys create --server");
  const port = /:(\d+)$/.exec(settings.workers)?.[1] ?? "PORT";
  out.say(`then on the worker: basalt worker --name ${name} --encrypt --server tcp://SERVER:${port}`);
}

async function list({ io, args }: AloneContext): Promise<void> {
  const { listKeys } = await import("@basalt/link");
  const settings = await adminSettings(args, io);
  const own = (await listKeys(dirname(settings.serverKey))).filter(({ name }) => name === serverName(settings));
  const workers = await listKeys(settings.workerKeys);
  const rows = [
    ...own.map((key) => ({ of: "the server", ...key })),
    ...workers.map((key) => ({ of: "worker", ...key })),
  ];
  await makeOutput(io, args).list(rows, {
    name: ({ name }) => name,
    of: ({ of }) => of,
    "public key": ({ publicKey }) => publicKey ?? "(the file holds none)",
    changed: ({ changed }) => moment(changed),
  });
}

async function remove({ io, args }: AloneContext, name: string): Promise<void> {
  const [{ listKeys, removeKeys }, { closest }, { rm }] = await Promise.all([
    import("@basalt/link"),
    import("@basalt/core"),
    import("node:fs/promises"),
  ]);
  const settings = await adminSettings(args, io);
  const names = (await listKeys(settings.workerKeys)).map((key) => key.name);
  if (!names.includes(name)) {
    const near = closest(name, names);
    throw configurationError(
      "ERR_KEY_UNKNOWN",
      `there is no key of worker '${name}'${near === undefined ? "" : `, did you mean '${near}'?`}: 'basalt admin keys list' shows all`,
    );
  }
  if (!args.yes)
    throw configurationError(
      "ERR_ADMIN_CONFIRM",
      `this would cut worker ${name} off at once and cancel its jobs: say --yes to do it`,
    );
  await removeKeys(name, settings.workerKeys);
  await rm(join(dirname(settings.serverKey), `${name}.key_secret`), { force: true });
  makeOutput(io, args).say(`worker ${name} is cut off: its key is accepted no more`);
}

/** `basalt admin keys`: files only, no database. */
export function addKeys(admin: Command, { alone }: Runners): void {
  const group = addGroup(admin, "keys", "CURVE keys of the server and its workers").addHelpText(
    "after",
    `
A worker whose public key lies in keys/workers.d may connect under that file's name and no other. Changes count at once, also while the
server runs.
${examples("keys create --server", "keys create rack-1 --out /media/stick", "keys remove rack-1 --yes")}`,
  );
  group
    .command("create")
    .description("make a key pair, and say what to copy where")
    .argument("[name]", "the worker")
    .option("--server", "the server's own pair")
    .option("--out <dir>", "write what the worker needs here, rather than among the server's keys")
    .action((name: string | undefined, options: { server?: boolean; out?: string }) =>
      alone((context) => {
        if ((name === undefined) === (options.server !== true))
          throw configurationError("ERR_USAGE", "name a worker, or say --server for the server's own pair");
        return name === undefined ? createServer(context) : createWorker(context, name, options.out);
      }),
    );
  group
    .command("list")
    .description("public keys that are accepted, and the server's own")
    .action(() => alone(list));
  group
    .command("remove")
    .description("take a worker's key away: it is cut off at once")
    .argument("<name>", "the worker")
    .action((name: string) => alone((context) => remove(context, name)));
}
