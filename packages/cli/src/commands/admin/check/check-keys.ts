import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type Certificate, isKeyPair, listKeys, parseCertificate } from "@basalt/link";
import type { ServerSettings } from "../../../settings/server-settings.js";
import type { KnownServer } from "./check-database.js";
import { type Finding, hint, ok, problem } from "./finding.js";

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

const certificateOf = async (path: string): Promise<Certificate | undefined> =>
  parseCertificate(await readFile(path, "utf8").catch(() => ""));

async function checkSecret(path: string): Promise<readonly Finding[]> {
  const { mode } = await stat(path);
  const findings: Finding[] = [];
  if ((mode & 0o077) !== 0)
    findings.push(
      problem(
        "keys",
        `${path} can be read by others (mode 0${(mode & 0o777).toString(8)})`,
        `chmod 600 ${path}, and make a new key if somebody may have read it`,
      ),
    );
  const certificate = await certificateOf(path);
  const fix = "put a backup of it back, or remove both files and make a new pair with 'basalt admin keys create'";
  const { publicKey, secretKey } = certificate ?? {};
  if (publicKey === undefined || secretKey === undefined)
    return [...findings, problem("keys", `${path} holds no secret key`, fix)];
  if (!isKeyPair({ publicKey, secretKey }))
    return [...findings, problem("keys", `the two keys in ${path} are no pair`, fix)];
  const publicFile = path.replace(/\.key_secret$/, ".key");
  const beside = await certificateOf(publicFile);
  if (beside && beside.publicKey !== publicKey)
    findings.push(
      problem("keys", `${publicFile} is not the public half of ${path}`, `${fix}; workers that have it can't connect`),
    );
  return findings;
}

/** Whoever may write into a folder of keys lets workers in, or puts a key of his own in the place of another's. */
async function checkKeyFolder(path: string): Promise<readonly Finding[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found || (found.mode & 0o022) === 0) return [];
  return [
    problem(
      "keys",
      `${path} can be written by others (mode 0${(found.mode & 0o777).toString(8)}): they could add keys of workers`,
      `chmod 700 ${path}, and look whether all keys in it are yours ('basalt admin keys list')`,
    ),
  ];
}

async function checkServerKey({ serverKey, encrypt }: ServerSettings, running: boolean): Promise<readonly Finding[]> {
  if (!(await exists(serverKey))) {
    if (!encrypt) return [];
    return [
      problem(
        "keys",
        `the server's secret key ${serverKey} is not there`,
        "make it with 'basalt admin keys create --server'",
      ),
    ];
  }
  const findings = await checkSecret(serverKey);
  if (findings.length > 0) return findings;
  if (!encrypt)
    return [
      hint(
        "keys",
        `the server has a key, and ${running ? "runs without --encrypt" : "--encrypt is not set here"}`,
        "start it with --encrypt (or encrypt: true in its file)",
      ),
    ];
  return [ok("keys", `${serverKey} is a pair that only its owner can read`)];
}

async function checkWorkerKeys({ workerKeys, serverKey, encrypt }: ServerSettings): Promise<readonly Finding[]> {
  const keys = await listKeys(workerKeys);
  const findings: Finding[] = [];
  const owners = new Map<string, string>();
  for (const { name, file, publicKey } of keys) {
    if (publicKey === undefined) {
      findings.push(
        problem(
          "keys",
          `${file} holds no public key`,
          `copy it again, or 'basalt admin keys remove ${name} --yes' and make a new one`,
        ),
      );
      continue;
    }
    const other = owners.get(publicKey);
    if (other !== undefined)
      findings.push(
        problem(
          "keys",
          `workers ${other} and ${name} have the same key`,
          `make one for each: 'basalt admin keys create ${name}'`,
        ),
      );
    owners.set(publicKey, name);
  }
  if (encrypt && keys.length === 0)
    findings.push(
      hint("keys", `no worker has a key in ${workerKeys}`, "make one for each with 'basalt admin keys create NAME'"),
    );
  if (keys.length > 0) findings.push(ok("keys", `workers that may connect with a key: ${keys.length}`));
  const stray = (await readdir(workerKeys).catch(() => [])).filter((file) => file.endsWith(".key_secret"));
  const beside = (await readdir(dirname(serverKey)).catch(() => [])).filter(
    (file) => file.endsWith(".key_secret") && file !== basename(serverKey),
  );
  for (const path of [
    ...stray.map((file) => join(workerKeys, file)),
    ...beside.map((file) => join(dirname(serverKey), file)),
  ]) {
    findings.push(...(await checkSecret(path)));
    findings.push(
      hint("keys", `the worker's secret ${path} is still here`, "carry it to the worker, then delete it here"),
    );
  }
  return findings;
}

/** Files in place, closed to others, pairs that match, names that are told apart. Whether they are needed: by what runs, else by the settings. */
export async function checkKeys(
  given: ServerSettings,
  servers: readonly KnownServer[] = [],
): Promise<readonly Finding[]> {
  const running = servers.flatMap(({ note }) => note ?? []);
  const encrypt = running.length > 0 ? running.some(({ encrypted }) => encrypted) : given.encrypt;
  const settings = { ...given, encrypt };
  const folders = new Set([dirname(settings.serverKey), settings.workerKeys]);
  return [
    ...(await Promise.all([...folders].map(checkKeyFolder))).flat(),
    ...(await checkServerKey(settings, running.length > 0)),
    ...(await checkWorkerKeys(settings)),
  ];
}
