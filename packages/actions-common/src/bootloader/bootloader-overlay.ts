import { posix } from "node:path";
import {
  type AnyAction,
  asObject,
  asText,
  asTexts,
  configurationError,
  type Device,
  DispatcherToken,
  defineAction,
  dig,
  FileStoreToken,
  jobError,
  methodOptions,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  type Slot,
} from "@basalt/core";
import { type Downloaded, downloadedSlot, SubstitutionsSlot } from "../slots.js";
import {
  BootCommandSlot,
  BootloaderCommandsSlot,
  type MediaRoot,
  MediaRootSlot,
  type NbdRoot,
  NbdRootSlot,
  type NfsRoot,
  NfsRootSlot,
  type TftpFolder,
  TftpFolderSlot,
} from "./boot-slots.js";
import { usesBootscript, writeBootscript } from "./bootscript.js";
import { bootLine, type LoadAddresses, type Substitutions, substituteCommands } from "./substitutions.js";

/** Files that commands may name, and the names. */
const fileNames: Readonly<Record<string, string>> = {
  kernel: "KERNEL",
  dtb: "DTB",
  ramdisk: "RAMDISK",
  initrd: "INITRD",
  tee: "TEE",
  preseed: "PRESEED_CONFIG",
};

interface Deployed {
  readonly files: Readonly<Record<string, Downloaded | undefined>>;
  readonly tftp: TftpFolder | undefined;
  readonly command: string | undefined;
  readonly nfs: NfsRoot | undefined;
  readonly nbd: NbdRoot | undefined;
  readonly media: MediaRoot | undefined;
}

/** A file as the device is told of it: relative to the TFTP server's root where it lies below it. */
function nameFor(file: Downloaded | undefined, tftp: TftpFolder | undefined): string {
  if (!file) return "";
  if (tftp && file.path.startsWith(`${tftp.root}/`)) return posix.relative(tftp.root, file.path);
  return file.path;
}

function addressesOf(device: Device, command: string | undefined): LoadAddresses {
  const own = asObject(command === undefined ? undefined : dig(device.dictionary, "parameters", command));
  const of = (key: string): string => asText(own[key]) ?? "";
  return { kernel: of("kernel"), ramdisk: of("ramdisk"), dtb: of("dtb"), tee: of("tee") };
}

const addHeader = (device: Device): string =>
  asText(dig(device.dictionary, "actions", "deploy", "parameters", "add_header")) ?? "";

function bootxOf(device: Device, { files, command }: Deployed, addresses: LoadAddresses, method: string): string {
  if (command === undefined) return "";
  const header = addHeader(device);
  const takesRamdisk = method !== "u-boot" || header === "u-boot" || header === "raw";
  return bootLine({
    command,
    addresses,
    hasRamdisk: files.initrd !== undefined || (files.ramdisk !== undefined && takesRamdisk),
    rawRamdisk: files.initrd !== undefined || header === "raw",
    hasDtb: files.dtb !== undefined,
    hasTee: files.tee !== undefined,
  });
}

interface Facts {
  readonly device: Device;
  readonly method: string;
  readonly jobId: string;
  readonly dispatcherIp: string;
}

const macOf = (device: Device, method: string): string =>
  asText(dig(methodOptions(device, "boot", method), "parameters", "lava_mac")) ??
  asText(dig(device.dictionary, "parameters", "interfaces", "target", "mac")) ??
  "00:00:00:00:00:00";

/** All values of lava-dispatcher.md 3.14. */
export function substitutionsOf({ device, method, jobId, dispatcherIp }: Facts, deployed: Deployed): Substitutions {
  const { files, tftp, command, nfs, nbd, media } = deployed;
  const addresses = addressesOf(device, command);
  const names = Object.fromEntries(Object.entries(fileNames).map(([key, name]) => [name, nameFor(files[key], tftp)]));
  const dtbos = Object.entries(files).filter(([key, file]) => /^dtbo\d+$/.test(key) && file);
  const parameters = asObject(device.dictionary.parameters);
  const dtbResize = asText(parameters.dtb_base_resize) ?? "";
  const dtboAddress = command === undefined ? "" : (asText(dig(parameters, command, "dtbo")) ?? "");
  const applyDtbos =
    dtbos.length === 0
      ? ""
      : [
          `fdt addr ${addresses.dtb}`,
          `fdt resize ${dtbResize}`.trim(),
          ...dtbos.map(([, file]) => `tftp ${dtboAddress} ${nameFor(file, tftp)}; fdt apply ${dtboAddress}`),
        ].join("; ");
  return {
    SERVER_IP: dispatcherIp,
    LAVA_DISPATCHER_IP: dispatcherIp,
    LAVA_JOB_ID: jobId,
    LAVA_MAC: macOf(device, method),
    ...names,
    // an initrd goes where a ramdisk would: commands for nbd name it so
    RAMDISK: nameFor(files.ramdisk ?? files.initrd, tftp),
    PRESEED_LOCAL: files.preseed ? posix.basename(files.preseed.path) : "",
    NFSROOTFS: nfs?.path ?? "",
    NFS_SERVER_IP: nfs?.serverIp ?? dispatcherIp,
    NBDSERVERIP: nbd?.serverIp ?? "",
    NBDSERVERPORT: nbd ? String(nbd.port) : "",
    ROOT: media?.root ?? "",
    ROOT_PART: media?.part ?? "",
    EXTRA_FILES_DIR: tftp ? posix.relative(tftp.root, posix.join(tftp.folder, "extra_files")) : "",
    DTB_BASE_ADDR: addresses.dtb,
    DTB_BASE_RESIZE: dtbResize,
    DTBO_ADDR: dtboAddress,
    ...Object.fromEntries(dtbos.map(([key, file]) => [key.toUpperCase(), nameFor(file, tftp)])),
    APPLY_DTBO_COMMANDS: applyDtbos,
    ...(command === undefined
      ? {}
      : {
          KERNEL_ADDR: addresses.kernel,
          DTB_ADDR: addresses.dtb,
          RAMDISK_ADDR: addresses.ramdisk,
          TEE_ADDR: addresses.tee,
          BOOTX: bootxOf(device, deployed, addresses, method),
        }),
  };
}

/** The commands a block asks for: its own list, or one of the device's by name. */
export function commandsOf(
  { params, device }: Pick<PlanRequest, "params" | "device">,
  method: string,
): readonly string[] {
  const { commands } = params;
  if (Array.isArray(commands)) return asTexts(commands);
  const name = asText(commands);
  if (name === undefined) return [];
  const listed = dig(methodOptions(device, "boot", method), name, "commands");
  if (listed !== undefined) return asTexts(listed);
  const known = Object.entries(methodOptions(device, "boot", method)).flatMap(([key, value]) =>
    dig(value, "commands") === undefined ? [] : [key],
  );
  throw jobError(
    "ERR_BOOT_COMMANDS",
    `device ${device.hostname} has no ${method} commands named '${name}': expected one of ${known.join(", ") || "(none)"}, or a list of commands`,
  );
}

/** Keys of downloads that any deploy of the namespace may have made. */
const readable = (request: PlanRequest): readonly string[] => {
  const dtbos = request.job.blocks.flatMap(({ params }) =>
    Array.isArray(params.dtbo) ? params.dtbo.map((_, i) => `dtbo${i}`) : [],
  );
  return [...Object.keys(fileNames), ...new Set(dtbos)];
};

export interface BootloaderOverlayOptions {
  readonly name?: string;
  /** Commands in place of those of the block: none for a menu. */
  readonly commands?: readonly string[];
  /** Values beside those of lava-dispatcher.md 3.14. */
  readonly values?: Substitutions;
}

/** `bootloader-overlay`: puts values into the bootloader's commands, and keeps them for menus and interactive tests. */
export function bootloaderOverlay(
  request: PlanRequest,
  method: string,
  options: BootloaderOverlayOptions = {},
): AnyAction {
  const given = (): readonly string[] => options.commands ?? commandsOf(request, method);
  const reads: Record<string, Slot<unknown>> = {};
  for (const key of readable(request)) reads[`file:${key}`] = optional(downloadedSlot(key)) as Slot<unknown>;
  return defineAction({
    name: options.name ?? "bootloader-overlay",
    summary: "put the job's files and addresses into the boot commands",
    reads: {
      ...reads,
      tftp: optional(TftpFolderSlot),
      command: optional(BootCommandSlot),
      nfs: optional(NfsRootSlot),
      nbd: optional(NbdRootSlot),
      media: optional(MediaRootSlot),
    },
    needs: { dispatcher: DispatcherToken, store: FileStoreToken, runner: ProcessRunnerToken },
    writes: { commands: BootloaderCommandsSlot, substitutions: SubstitutionsSlot },
    async validate() {
      given();
    },
    async run(input, ctx) {
      const { job, log } = ctx;
      const { dispatcher, store, runner, tftp, command, nfs, nbd, media } = input;
      const values = input as unknown as Readonly<Record<string, Downloaded | undefined>>;
      const files = Object.fromEntries(readable(request).map((key) => [key, values[`file:${key}`]]));
      const device = request.device;
      const facts: Facts = { device, method, jobId: job.id, dispatcherIp: dispatcher.ip };
      const substitutions = {
        ...substitutionsOf(facts, { files, tftp, command, nfs, nbd, media }),
        ...options.values,
      };
      const wanted = substituteCommands(given(), substitutions);
      if (wanted.length === 0 && given().length > 0)
        throw configurationError(
          "ERR_BOOT_COMMANDS",
          `all ${method} commands name something that this job does not deploy: nothing is left to type`,
        );
      const scripted = wanted.length > 0 && usesBootscript(device, method, request.params.use_bootscript);
      const script = { device, method, commands: wanted, serverIp: dispatcher.ip, tftp, files: store, runner };
      const commands = scripted ? await writeBootscript(script, ctx) : wanted;
      for (const line of commands) log.debug(`boot command: ${line}`);
      return {
        commands,
        substitutions: Object.fromEntries(Object.entries(substitutions).map(([name, value]) => [`{${name}}`, value])),
      };
    },
  });
}
