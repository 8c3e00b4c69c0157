import { access, chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { basename, join, parse } from "node:path";
import { configurationError, workerNameField } from "@basalt/core";
import { curveKeyPair } from "zeromq";
import { formatCertificate, type KeyPair, parseCertificate } from "./certificate.js";

const nameForm = new RegExp(workerNameField.pattern, "u");

/** Whether a worker may have this name; it is its key's file name, too. */
export const isKeyName = (name: string): boolean => nameForm.test(name) && name.length <= workerNameField.maxLength;

function checkName(name: string): void {
  if (isKeyName(name)) return;
  throw configurationError(
    "ERR_KEY_NAME",
    `"${name}" can't be the name of a key: use the worker's name, of letters, digits, ".", "_" and "-" (at most ${workerNameField.maxLength}, not beginning with ".")`,
    { details: { name } },
  );
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** Where {@link createKeys} wrote. */
export interface CreatedKeys {
  readonly publicFile: string;
  readonly secretFile: string;
  readonly publicKey: string;
}

export interface CreateKeysOptions {
  /** Folder of the public file; that of the secret one if absent. */
  readonly publicDir?: string;
}

/**
 * Makes a key pair: `NAME.key_secret` (mode 0600) and `NAME.key`, in pyzmq's form.
 * @throws BasaltError `ERR_KEY_NAME`, or `ERR_KEY_EXISTS`: a key is never overwritten, and where one of the two can't be written none is left.
 */
export async function createKeys(name: string, dir: string, options: CreateKeysOptions = {}): Promise<CreatedKeys> {
  checkName(name);
  const secretFile = join(dir, `${name}.key_secret`);
  const publicFile = join(options.publicDir ?? dir, `${name}.key`);
  const there = (path: string) =>
    configurationError(
      "ERR_KEY_EXISTS",
      `keys for "${name}" were not made: ${path} exists already; remove it first if it is of no more use`,
      { details: { name, path } },
    );
  for (const path of [secretFile, publicFile]) if (await exists(path)) throw there(path);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (options.publicDir !== undefined) await mkdir(options.publicDir, { recursive: true });
  const pair = curveKeyPair();
  const comment = `Basalt key of "${name}"`;
  const write = async (path: string, text: string, mode: number) => {
    await writeFile(path, text, { flag: "wx", mode }).catch((cause) => {
      throw cause.code === "EEXIST" ? there(path) : keyFileError("written", path, cause);
    });
    await chmod(path, mode); // whatever the umask
  };
  await write(secretFile, formatCertificate(pair, comment), 0o600);
  await write(publicFile, formatCertificate({ publicKey: pair.publicKey }, comment), 0o644).catch(async (error) => {
    await rm(secretFile, { force: true });
    throw error;
  });
  return { publicFile, secretFile, publicKey: pair.publicKey };
}

const keyFileError = (verb: string, path: string, cause: unknown) =>
  configurationError("ERR_KEY_FILE", `key file ${path} could not be ${verb}: ${(cause as Error).message}`, {
    cause,
    details: { path },
  });

/** What to do about a key file that is not where it is looked for; its name says whose it is. */
function whereToGet(path: string): string {
  const { name, ext } = parse(path);
  const isServers = name === "server";
  if (ext === ".key_secret" && isServers) return "make the server's keys with 'basalt admin keys create --server'";
  if (ext === ".key_secret")
    return `make it on the server with 'basalt admin keys create ${name}', and bring it here with mode 0600`;
  if (ext === ".key" && isServers) return "it is the server's public key: copy it from the server's folder of keys";
  return "correct its path";
}

const readTrouble: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no such file; ${whereToGet(path)}`,
  EACCES: () => "this user may not read it; give it to the user that the daemon runs as",
  EISDIR: () => "it is a folder; name the file in it",
};

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause) => {
    const message = readTrouble[cause.code]?.(path) ?? cause.message;
    throw configurationError("ERR_KEY_FILE", `key file ${path} could not be read: ${message}`, {
      cause,
      details: { path },
    });
  });
}

const noKey = (path: string, which: string) =>
  configurationError(
    "ERR_KEY_FILE",
    `${path} holds no ${which} key: expected lines such as public-key = "(40 characters of Z85)", as "basalt admin keys create" and pyzmq write them`,
    { details: { path } },
  );

/** The public key of a file (`NAME.key`, or a secret one). @throws BasaltError `ERR_KEY_FILE` */
export async function readPublicKey(path: string): Promise<string> {
  const certificate = parseCertificate(await readText(path));
  if (!certificate) throw noKey(path, "public");
  return certificate.publicKey;
}

/** Both keys of a secret file. @throws BasaltError `ERR_KEY_FILE`, also where others than its owner may read it */
export async function readSecretKey(path: string): Promise<KeyPair> {
  const certificate = parseCertificate(await readText(path));
  if (certificate?.secretKey === undefined) throw noKey(path, "secret");
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw configurationError(
      "ERR_KEY_FILE",
      `${path} can be read by others (mode 0${(mode & 0o777).toString(8)}): it holds a secret. Do chmod 600 ${path}, and make a new key if it may have been read`,
      { details: { path } },
    );
  return { publicKey: certificate.publicKey, secretKey: certificate.secretKey };
}

/** A public key that lies in a folder. */
export interface ListedKey {
  readonly name: string;
  readonly file: string;
  /** Undefined where the file holds no key. */
  readonly publicKey: string | undefined;
  readonly changed: Date;
}

/** The public keys of a folder (`*.key`), by name. None if there is no such folder. */
export async function listKeys(dir: string): Promise<readonly ListedKey[]> {
  const names = await readdir(dir).catch((cause) => {
    if (cause.code === "ENOENT") return [];
    throw keyFileError("listed", dir, cause);
  });
  const keys = names
    .filter((file) => file.endsWith(".key") && isKeyName(basename(file, ".key")))
    .sort()
    .map(async (file): Promise<ListedKey | undefined> => {
      const path = join(dir, file);
      try {
        const [text, { mtime }] = await Promise.all([readFile(path, "utf8"), stat(path)]);
        return {
          name: basename(file, ".key"),
          file: path,
          publicKey: parseCertificate(text)?.publicKey,
          changed: mtime,
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined; // removed just now
        return { name: basename(file, ".key"), file: path, publicKey: undefined, changed: new Date(0) };
      }
    });
  return (await Promise.all(keys)).filter((key) => key !== undefined);
}

/**
 * Removes `NAME.key` (and `NAME.key_secret`, if it lies there, too): a server that watches the folder cuts the worker off at once.
 * @throws BasaltError `ERR_KEY_UNKNOWN` if there is no such key
 */
export async function removeKeys(name: string, dir: string): Promise<void> {
  checkName(name);
  const publicFile = join(dir, `${name}.key`);
  if (!(await exists(publicFile)))
    throw configurationError("ERR_KEY_UNKNOWN", `there is no key of "${name}" to remove in ${dir}`, {
      details: { name, path: publicFile },
    });
  await rm(publicFile);
  await rm(join(dir, `${name}.key_secret`), { force: true });
}
