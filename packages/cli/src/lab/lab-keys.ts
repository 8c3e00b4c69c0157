import { access, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createKeys, formatCertificate, readPublicKey, readSecretKey, serverKeyPaths } from "@basalt/link";
import { labServerFolder } from "./state-folder.js";

/** The key files of a lab: its server's, and those of the worker that it has from the beginning. */
export interface LabKeys {
  readonly server: { readonly serverKey: string; readonly workerKeys: string };
  readonly worker: { readonly workerKey: string; readonly serverKey: string };
}

interface Pair {
  readonly name: string;
  readonly dir: string;
  readonly publicDir: string;
}

/** A secret that is there is kept, whatever became of its public half; a public half without a secret is of no use to anybody. */
async function ensurePair({ name, dir, publicDir }: Pair): Promise<void> {
  const secretFile = join(dir, `${name}.key_secret`);
  const publicFile = join(publicDir, `${name}.key`);
  const isThere = await access(secretFile).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    await rm(publicFile, { force: true });
    await createKeys(name, dir, { publicDir });
    return;
  }
  const { publicKey } = await readSecretKey(secretFile);
  const known = await readPublicKey(publicFile).catch(() => undefined);
  if (known !== publicKey) await writeFile(publicFile, formatCertificate({ publicKey }, `Basalt key of "${name}"`));
}

/**
 * The keys of a lab of one machine: made at its first start, the same at all others. Without them every user of the machine could pose as
 * its worker.
 * @throws ERR_KEY_FILE (configuration) where a secret is damaged, or others may read it
 */
export async function labKeys(stateFolder: string, worker: string): Promise<LabKeys> {
  const keysDir = join(labServerFolder(stateFolder), "keys");
  const ownDir = join(stateFolder, "worker", "keys");
  const { secretFile, publicFile, workersDir } = serverKeyPaths(keysDir);
  await ensurePair({ name: "server", dir: keysDir, publicDir: keysDir });
  await ensurePair({ name: worker, dir: ownDir, publicDir: workersDir });
  return {
    server: { serverKey: secretFile, workerKeys: workersDir },
    worker: { workerKey: join(ownDir, `${worker}.key_secret`), serverKey: publicFile },
  };
}
