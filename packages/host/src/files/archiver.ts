import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Archiver, type Clock, type Compression, systemClock } from "@basalt/core";
import { compressorOf } from "./compressors.js";
import { diskError } from "./disk-error.js";
import { runTool } from "./run-tool.js";

interface Step {
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

const packOwners = ["--owner=0", "--group=0", "--numeric-owner"];

function tarArgs(compression: Compression | undefined, way: "pack" | "unpack"): readonly string[] {
  // tar's -I splits the words itself and adds -d when it unpacks
  if (compression === undefined) return [];
  const { pack } = compressorOf(compression);
  return ["-I", way === "pack" ? pack.filter((word) => word !== "-c").join(" ") : (pack[0] ?? "")];
}

const tarPackage = (compression: Compression | undefined): string =>
  compression === undefined ? "tar" : `tar ${compressorOf(compression).debianPackage}`;

async function throughCompressor(
  way: "pack" | "unpack",
  { file, to, compression, signal, clock }: Step & { file: string; to: string; compression: Compression },
): Promise<void> {
  const tool = compressorOf(compression);
  const what = way === "pack" ? `compress ${file} with ${compression}` : `decompress ${file} as ${compression}`;
  await runTool({
    argv: tool[way],
    debianPackage: tool.debianPackage,
    what,
    stdin: { file },
    stdout: { file: to },
    signal,
    clock,
  });
}

/** Names of everything below a folder, parents first, in byte order: what cpio is to pack. */
async function namesBelow(folder: string, under = "."): Promise<readonly string[]> {
  const entries = await readdir(join(folder, under), { withFileTypes: true });
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  // the folder itself is the root of the archive and already there
  const names: string[] = under === "." ? [] : [under];
  for (const entry of sorted) {
    const name = under === "." ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) names.push(...(await namesBelow(folder, name)));
    else names.push(name);
  }
  return names;
}

async function packCpio(
  folder: string,
  file: string,
  { compression, signal, clock }: Step & { compression?: Compression | undefined },
): Promise<void> {
  const names = await namesBelow(folder).catch((cause: unknown) => {
    throw diskError("list", folder, cause);
  });
  const plain = compression === undefined ? file : `${file}.cpio-part`;
  try {
    await runTool({
      argv: ["cpio", "--quiet", "-o", "-0", "-H", "newc", "-R", "+0:+0", "--reproducible"],
      debianPackage: "cpio",
      what: `pack ${folder} as cpio`,
      cwd: folder,
      stdin: { text: names.map((name) => `${name}\0`).join("") },
      stdout: { file: plain },
      signal,
      clock,
    });
    if (compression !== undefined)
      await throughCompressor("pack", { file: plain, to: file, compression, signal, clock });
  } finally {
    if (plain !== file) await rm(plain, { force: true });
  }
}

async function unpackCpio(
  file: string,
  folder: string,
  { compression, signal, clock }: Step & { compression?: Compression | undefined },
): Promise<void> {
  await makeFolder(folder);
  const plain = compression === undefined ? file : `${folder}.cpio-part`;
  try {
    if (compression !== undefined) await throughCompressor("unpack", { file, to: plain, compression, signal, clock });
    await runTool({
      argv: ["cpio", "--quiet", "-i", "-d", "-m", "-u", "--no-absolute-filenames"],
      debianPackage: "cpio",
      what: `unpack ${file} as cpio`,
      cwd: folder,
      stdin: { file: plain },
      signal,
      clock,
    });
  } finally {
    if (plain !== file) await rm(plain, { force: true });
  }
}

async function makeFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw diskError("make folder", folder, cause);
  });
}

/** Packs with GNU tar, cpio and the compressors. Equal folders give equal archives but for the files' times. */
export function archiver({ clock = systemClock }: { readonly clock?: Clock } = {}): Archiver {
  return {
    packTar: (folder, file, { compression, signal }) =>
      runTool({
        argv: [
          ...["tar", "-c", "-f", file, "-C", folder, "--sort=name", "--format=gnu"],
          ...packOwners,
          ...tarArgs(compression, "pack"),
          ".",
        ],
        debianPackage: tarPackage(compression),
        what: `pack ${folder} as tar`,
        signal,
        clock,
      }),
    async unpackTar(file, folder, { compression, stripComponents = 0, signal }) {
      await makeFolder(folder);
      await runTool({
        argv: [
          ...["tar", "-x", "-f", file, "-C", folder, "--numeric-owner", `--strip-components=${stripComponents}`],
          ...["--warning=no-timestamp", ...tarArgs(compression, "unpack")],
        ],
        debianPackage: tarPackage(compression),
        what: `unpack ${file} as tar`,
        signal,
        clock,
      });
    },
    packCpio: (folder, file, options) => packCpio(folder, file, { ...options, clock }),
    unpackCpio: (file, folder, options) => unpackCpio(file, folder, { ...options, clock }),
    decompress: (file, to, options) => throughCompressor("unpack", { file, to, ...options, clock }),
    compress: (file, to, options) => throughCompressor("pack", { file, to, ...options, clock }),
  };
}
