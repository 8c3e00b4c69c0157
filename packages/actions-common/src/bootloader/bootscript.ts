import { posix } from "node:path";
import {
  type ActionContext,
  asText,
  configurationError,
  type Device,
  dig,
  type FileStore,
  methodOptions,
  type ProcessRunner,
} from "@basalt/core";
import { runTool } from "../run-tool.js";
import type { TftpFolder } from "./boot-slots.js";

/** Whether the block, else the device, wants the commands sent as a script that the bootloader fetches. */
export function usesBootscript(device: Device, method: string, own: unknown): boolean {
  const value = own ?? dig(methodOptions(device, "boot", method), "parameters", "use_bootscript");
  return value === true || value === "True";
}

export interface BootscriptRequest {
  readonly device: Device;
  readonly method: string;
  readonly commands: readonly string[];
  readonly serverIp: string;
  readonly tftp: TftpFolder | undefined;
  readonly files: FileStore;
  readonly runner: ProcessRunner;
}

interface Scripting {
  /** Writes the script's file in a folder and gives its path. */
  write(request: BootscriptRequest, folder: string, ctx: ActionContext): Promise<string>;
  /** What is typed to fetch and run it. */
  start(serverIp: string, path: string): readonly string[];
}

const script = async ({ files, commands }: BootscriptRequest, path: string, first: readonly string[]) => {
  await files.write(path, `${[...first, ...commands].join("\n")}\n`);
  return path;
};

const scripting: Readonly<Record<string, Scripting>> = {
  ipxe: {
    write: (request, folder) => script(request, posix.join(folder, "script.ipxe"), ["#!ipxe"]),
    start: (serverIp, path) => ["dhcp net0", `chain tftp://${serverIp}/${path}`],
  },
  "u-boot": {
    async write(request, folder, ctx) {
      const text = await script(request, posix.join(folder, "boot.cmd"), []);
      const image = posix.join(folder, "boot.scr");
      const arch = asText(dig(request.device.dictionary, "actions", "deploy", "parameters", "mkimage_arch")) ?? "arm";
      const argv = ["mkimage", "-A", arch, "-T", "script", "-C", "none", "-n", "basalt", "-d", text, image];
      await runTool(request.runner, argv, ctx);
      return image;
    },
    start: (serverIp, path) => [
      "setenv autoload no",
      "dhcp",
      `setenv serverip ${serverIp}`,
      // U-Boot's own name for the place of scripts (doc/README.distro)
      `tftp \${scriptaddr} ${path}`,
      "source ${scriptaddr}",
    ],
  },
};

/** Puts the commands into a script on the TFTP server; gives what is typed instead (lava-dispatcher.md 3.14). */
export async function writeBootscript(request: BootscriptRequest, ctx: ActionContext): Promise<readonly string[]> {
  const { method, tftp, serverIp } = request;
  const how = scripting[method];
  if (!how)
    throw configurationError(
      "ERR_BOOTSCRIPT",
      `use_bootscript: ${method} takes no script: leave it out, and the commands are typed`,
    );
  if (!tftp)
    throw configurationError(
      "ERR_BOOTSCRIPT",
      "use_bootscript: no earlier block has put files on the TFTP server: deploy to tftp, or leave it out",
    );
  const path = await how.write(request, tftp.folder, ctx);
  return how.start(serverIp, posix.relative(tftp.root, path));
}
