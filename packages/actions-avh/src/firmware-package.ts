import { posix } from "node:path";
import { runTool } from "@basalt/actions-common";
import { type ActionContext, type FileStore, isJsonObject, jobError, type ProcessRunner } from "@basalt/core";

/** What a package says of itself in its Info.plist. */
export interface FirmwareInfo {
  readonly version: string;
  readonly build: string;
  /** Model it is made for. */
  readonly device: string;
}

interface Tools {
  readonly files: FileStore;
  readonly runner: ProcessRunner;
}

/** What a package calls the files that jobs call so. */
const nameInPackage: Readonly<Record<string, string>> = { rootfs: "nand", dtb: "devicetree" };

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
const unescaped = (text: string): string =>
  text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");

/** The Info.plist of a Linux package ("Linux Firmware Packages" of Arm Virtual Hardware's manual). */
export function infoPlist({ version, build, device }: FirmwareInfo): string {
  const entries = {
    Type: "iot",
    UniqueIdentifier: `LAVA ${build}`,
    DeviceIdentifier: device,
    Version: version,
    Build: build,
  };
  const lines = Object.entries(entries).map(([key, value]) => `<key>${key}</key><string>${escaped(value)}</string>`);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    ...['<plist version="1.0">', "<dict>", ...lines, "</dict>", "</plist>", ""],
  ].join("\n");
}

/** Reads an Info.plist, which may be XML or JSON. @throws ERR_AVH_PACKAGE (job) where it names no version */
export function readInfo(text: string): FirmwareInfo {
  const trimmed = text.trim();
  const json: unknown = trimmed.startsWith("{") ? JSON.parse(trimmed) : undefined;
  const value = (key: string): string => {
    if (isJsonObject(json)) return typeof json[key] === "string" ? json[key] : "";
    return unescaped(new RegExp(`<key>${key}</key>\\s*<string>([^<]*)</string>`).exec(trimmed)?.[1] ?? "");
  };
  const info = { version: value("Version"), build: value("Build"), device: value("DeviceIdentifier") };
  if (info.version !== "") return info;
  throw jobError("ERR_AVH_PACKAGE", "the firmware package's Info.plist names no Version");
}

/** Makes a package of files by the job's names; gives its path. */
export async function packFirmware(
  images: Readonly<Record<string, string>>,
  info: FirmwareInfo,
  { files, runner }: Tools,
  ctx: ActionContext,
): Promise<string> {
  const folder = await files.makeFolder("deploy-avh");
  await files.write(posix.join(folder, "Info.plist"), infoPlist(info));
  const names = Object.keys(images).map((key) => nameInPackage[key] ?? key);
  for (const [index, path] of Object.values(images).entries())
    await files.makeLink(path, posix.join(folder, names[index] ?? ""));
  // zip reads what links point to; a disk that is mostly empty packs well at any level
  await runTool(runner, ["zip", "-q", "-1", "firmware.zip", "Info.plist", ...names], ctx, { cwd: folder });
  return posix.join(folder, "firmware.zip");
}

/** Names of the files in a package. */
export async function listPackage(
  path: string,
  { runner }: Pick<Tools, "runner">,
  ctx: ActionContext,
): Promise<readonly string[]> {
  const { stdout } = await runTool(runner, ["unzip", "-Z1", path], ctx);
  return stdout.split("\n").filter((name) => name !== "");
}

/** What a package says of itself. @throws ERR_AVH_PACKAGE (job) where it has no Info.plist */
export async function packageInfo(
  path: string,
  { runner }: Pick<Tools, "runner">,
  ctx: ActionContext,
): Promise<FirmwareInfo> {
  const names = await listPackage(path, { runner }, ctx);
  const info = ["Info.plist", "Info.json"].find((name) => names.includes(name));
  if (info === undefined)
    throw jobError(
      "ERR_AVH_PACKAGE",
      `the firmware package has no Info.plist: it holds ${names.join(", ") || "nothing"}`,
    );
  const { stdout } = await runTool(runner, ["unzip", "-p", path, info], ctx);
  return readInfo(stdout);
}
