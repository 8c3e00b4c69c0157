import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { availableParallelism, homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { hasApt, installPackages, isRoot } from "../lib/debian.mjs";
import { findProgram, run } from "../lib/run.mjs";

/** What Debian's configuration lacks. PIO, as this U-Boot's SDMA times out on QEMU's SD controller. */
const fragment = `CONFIG_UDP_FUNCTION_FASTBOOT=y
CONFIG_FASTBOOT_BUF_ADDR=0x40400000
CONFIG_FASTBOOT_BUF_SIZE=0x8000000
CONFIG_CMD_FASTBOOT=y
CONFIG_MMC=y
CONFIG_MMC_SDHCI=y
# CONFIG_MMC_SDHCI_SDMA is not set
CONFIG_MMC_PCI=y
CONFIG_FASTBOOT_FLASH=y
CONFIG_FASTBOOT_FLASH_MMC=y
CONFIG_FASTBOOT_FLASH_MMC_DEV=0
# CONFIG_CMD_BOOTEFI_SELFTEST is not set
`;

const recipe = createHash("sha256")
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .digest("hex")
  .slice(0, 12);
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "basalt", "u-boot");
const prefix = "aarch64-linux-gnu-";

/** Path of the U-Boot with fastboot that an earlier run built, or undefined. */
export function findFastbootUBoot() {
  const path = join(cache, recipe, "u-boot.bin");
  return existsSync(path) ? path : undefined;
}

const tools = [
  { name: "gcc-aarch64-linux-gnu", there: () => findProgram(`${prefix}gcc`) },
  ...["make", "gcc", "bison", "flex", "bc"].map((name) => ({ name, there: () => findProgram(name) })),
  { name: "libssl-dev", there: () => existsSync("/usr/include/openssl/ssl.h") },
  { name: "dpkg-dev", there: () => findProgram("dpkg-source") },
];

async function installTools(progress) {
  const missing = () => tools.filter(({ there }) => !there()).map(({ name }) => name);
  if (!hasApt()) throw new Error("no Debian or Ubuntu here: U-Boot's source comes from Debian");
  const names = missing();
  if (names.length === 0) return;
  if (!isRoot()) throw new Error(`${names.join(", ")} missing; as root: apt-get install ${names.join(" ")}`);
  await installPackages(names, progress);
  if (missing().length > 0) throw new Error(`apt-get install left missing: ${missing().join(", ")}`);
}

/** This machine's own sources of packages, asked for sources of programs: apt's settings stay as they are. */
async function writeSources(folder) {
  await mkdir(folder);
  const own = "/etc/apt/sources.list.d";
  const names = (await readdir(own).catch(() => [])).filter((name) => /\.(list|sources)$/.test(name));
  for (const path of ["/etc/apt/sources.list", ...names.map((name) => join(own, name))]) {
    const text = await readFile(path, "utf8").catch(() => "");
    const asked = text.replaceAll(/^(Types:).*$/gm, "$1 deb-src").replaceAll(/^deb(-src)? /gm, "deb-src ");
    await writeFile(join(folder, path.split("/").at(-1)), asked);
  }
}

async function fetchSource(scratch, progress) {
  const folders = { sources: join(scratch, "sources"), lists: join(scratch, "lists"), cache: join(scratch, "cache") };
  await writeSources(folders.sources);
  for (const folder of [folders.lists, folders.cache]) await mkdir(join(folder, "partial"), { recursive: true });
  const options = [
    ["Dir::Etc::sourcelist", "/dev/null"],
    ["Dir::Etc::sourceparts", folders.sources],
    ["Dir::State::lists", folders.lists],
    ["Dir::Cache", folders.cache],
    ...(isRoot() ? [["APT::Sandbox::User", "root"]] : []),
  ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  const onLine = progress.line;
  await run("apt-get", [...options, "update"], { onLine });
  await run("apt-get", [...options, "source", "--download-only", "u-boot"], { cwd: scratch, onLine });
  const description = (await readdir(scratch)).find((name) => name.endsWith(".dsc"));
  if (!description) throw new Error("apt-get source u-boot brought no .dsc");
  await run("dpkg-source", ["-x", description, "source"], { cwd: scratch, onLine });
  return { source: join(scratch, "source"), version: /_(.*)\.dsc$/.exec(description)?.[1] };
}

async function compile(source, scratch, progress) {
  const out = join(scratch, "out");
  await writeFile(join(scratch, "fragment"), fragment);
  const options = { cwd: source, onLine: progress.line, env: { ...process.env, CROSS_COMPILE: prefix } };
  const make = (...targets) => run("make", [`O=${out}`, `-j${availableParallelism()}`, ...targets], options);
  await mkdir(out);
  await make("qemu_arm64_defconfig");
  const merge = ["-m", "-O", out, join(out, ".config"), join(scratch, "fragment")];
  await run("scripts/kconfig/merge_config.sh", merge, options);
  await make("olddefconfig");
  const config = (await readFile(join(out, ".config"), "utf8")).split("\n");
  const refused = fragment.split("\n").filter((line) => line.startsWith("CONFIG") && !config.includes(line));
  if (refused.length > 0) throw new Error(`this U-Boot's configuration refuses ${refused.join(", ")}`);
  await make("u-boot.bin");
  return join(out, "u-boot.bin");
}

/**
 * U-Boot for the virtual board with fastboot over UDP, which flashes its SD card: built from Debian's source package, once, and kept in
 * the user's cache. Gives the path of `u-boot.bin`. As root installs what the build needs; throws where something can't be had.
 */
export async function buildFastbootUBoot(progress = { line: () => {} }) {
  const found = findFastbootUBoot();
  if (found) return found;
  await installTools(progress);
  await mkdir(cache, { recursive: true });
  const scratch = await mkdtemp(join(cache, "making-"));
  try {
    const { source, version } = await fetchSource(scratch, progress);
    const built = await compile(source, scratch, progress);
    const made = join(scratch, "made");
    await mkdir(made);
    await copyFile(built, join(made, "u-boot.bin"));
    await writeFile(join(made, "version"), `${version}\n`);
    await rm(join(cache, recipe), { recursive: true, force: true });
    await rename(made, join(cache, recipe));
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return join(cache, recipe, "u-boot.bin");
}
