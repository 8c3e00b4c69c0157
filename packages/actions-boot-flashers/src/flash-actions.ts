import { posix } from "node:path";
import { boardIds, promptPatterns, runTool, SessionSlot, sendLine, splitCommand } from "@basalt/actions-common";
import {
  asObject,
  asText,
  asTexts,
  configurationError,
  type Device,
  defineAction,
  dig,
  FileStoreToken,
  findConstant,
  type JsonObject,
  jobError,
  methodOptions,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
} from "@basalt/core";
import { deployedImages, imagePath, imageSlots, optionWords, putPaths } from "./images.js";

/** `actions.boot.methods.<method>.parameters`. */
export const parametersOf = (device: Device, method: string): JsonObject =>
  asObject(dig(methodOptions(device, "boot", method), "parameters"));

/** The device's program for a method. @throws ERR_DEVICE_INVALID (configuration) */
function programOf(device: Device, method: string): string {
  const program = asText(parametersOf(device, method).command);
  if (program !== undefined) return program;
  throw configurationError(
    "ERR_DEVICE_INVALID",
    `device ${device.hostname} names no program: add actions.boot.methods.${method}.parameters.command`,
  );
}

const board = (device: Device): string => boardIds(device)[0] ?? "";

/** Command lines that flash a job's images. `path` gives an image's file. */
type CommandLines = (
  device: Device,
  keys: readonly string[],
  put: (text: string) => string,
) => readonly (readonly string[])[];

const needs = { runner: ProcessRunnerToken, files: FileStoreToken };

function flashAction(name: string, method: string, request: PlanRequest, lines: CommandLines) {
  const images = deployedImages(request);
  return defineAction({
    name,
    summary: `flash the board with ${method}`,
    reads: imageSlots(images),
    needs,
    async validate(_services, { job }) {
      programOf(job.device, method);
      if (images.length === 0)
        throw jobError(
          "ERR_FLASH_IMAGES",
          `boot method ${method} has no images: no deploy of its namespace brings any`,
        );
    },
    async run({ runner, ...input }, ctx) {
      const keys = images.map(({ key }) => key);
      for (const argv of lines(ctx.job.device, keys, (text) => putPaths(text, input, images)))
        await runTool(runner, argv, ctx);
    },
  });
}

/** `flash-pyocd`: `pyocd load` takes `--uid`, the older pyocd-flashtool `-b`. */
export const flashPyocd = (request: PlanRequest) =>
  flashAction("flash-pyocd", "pyocd", request, (device, keys, put) => {
    const program = programOf(device, "pyocd");
    const id = posix.basename(program) === "pyocd" ? "--uid" : "-b";
    const options = optionWords(parametersOf(device, "pyocd").options);
    return keys.map((key) => [program, ...options, id, board(device), put(`{${key}}`)]);
  });

/** `flash-openocd`: the board's selection, its files, folders and commands. */
export const flashOpenocd = (request: PlanRequest) =>
  flashAction("flash-openocd", "openocd", request, (device, _keys, put) => {
    const options = asObject(parametersOf(device, "openocd").options);
    const selection = asTexts(methodOptions(device, "boot", "openocd").board_selection_cmd);
    const each = (flag: string, values: readonly string[]): readonly string[] =>
      values.flatMap((value) => [flag, put(value)]);
    const debug = asText(options.debug);
    return [
      [
        programOf(device, "openocd"),
        ...each("-s", asTexts(options.search)),
        ...each("-f", asTexts(options.file)),
        ...each("-c", selection),
        ...(debug === undefined ? [] : [`-d${debug}`]),
        ...each("-c", asTexts(options.command)),
      ],
    ];
  });

/** `flash-dfu`: one call for each image, with its `image_arg`. U-Boot says on the console when it has one. */
export function flashDfu(request: PlanRequest) {
  const images = deployedImages(request);
  return defineAction({
    name: "flash-dfu",
    summary: "flash the board with dfu-util",
    reads: { ...imageSlots(images), session: optional(SessionSlot) },
    needs,
    async validate(_services, { job }) {
      programOf(job.device, "dfu");
      const without = images.find(({ imageArg }) => imageArg === undefined);
      if (without || images.length === 0)
        throw jobError(
          "ERR_FLASH_IMAGES",
          `boot method dfu: image '${without?.key ?? ""}' has no image_arg, such as --alt 0 --download {KEY}`,
        );
    },
    async run({ runner, session, ...input }, ctx) {
      const { device, job } = ctx.job;
      const { usb_vendor_id, usb_product_id } = device.dictionary;
      const ids = `${asText(usb_vendor_id) ?? ""}:${asText(usb_product_id) ?? ""}`;
      const options = methodOptions(device, "boot", "dfu");
      const said =
        options.implementation === "u-boot"
          ? asText(findConstant({ context: job.context, device }, "dfu-download", "u-boot"))
          : undefined;
      for (const [index, { imageArg = "" }] of images.entries()) {
        const reset = index === images.length - 1 && options.reset_works === true ? ["--reset"] : [];
        const words = splitCommand(putPaths(imageArg, input, images));
        await runTool(
          runner,
          [programOf(device, "dfu"), "--serial", board(device), "--device", ids, ...words, ...reset],
          ctx,
        );
        if (said !== undefined && session) await session.console.expect(promptPatterns([said]), { signal: ctx.signal });
      }
    },
  });
}

/** `enter-dfu`: types the device's commands. U-Boot's last one does not come back. */
export const enterDfu = defineAction({
  name: "enter-dfu",
  summary: "put the board into DFU mode",
  reads: { session: SessionSlot },
  async run({ session }, ctx) {
    const { device } = ctx.job;
    const prompt = asText(dig(methodOptions(device, "boot", "u-boot"), "parameters", "bootloader_prompt"));
    const usesUboot = methodOptions(device, "boot", "dfu").implementation === "u-boot" && prompt !== undefined;
    for (const command of asTexts(parametersOf(device, "dfu")["enter-commands"])) {
      if (usesUboot) await session.console.expect(promptPatterns([prompt]), { signal: ctx.signal });
      await sendLine(session, command, ctx);
    }
  },
});

/** Processor as J-Link names it: with its core, where the job asks for one. */
function processorOf(device: Device, coretype: string | undefined): string {
  const { processor, supported_core_types } = parametersOf(device, "jlink");
  const name = asText(processor) ?? "";
  if (coretype === undefined) return name;
  const known = asTexts(supported_core_types);
  if (!known.includes(coretype))
    throw jobError(
      "ERR_FLASH_CORE",
      `coretype '${coretype}' is not one of the device's: ${known.join(", ") || "(none)"}`,
    );
  return `${name}_${coretype}`;
}

/** `flash-jlink`: J-Link does what a file says: erase, load each image, reset, go. */
export function flashJlink(request: PlanRequest) {
  const images = deployedImages(request);
  const coretype = asText(request.params.coretype);
  return defineAction({
    name: "flash-jlink",
    summary: "flash the board with J-Link",
    reads: imageSlots(images),
    needs,
    async validate(_services, { job }) {
      programOf(job.device, "jlink");
      processorOf(job.device, coretype);
    },
    async run({ runner, files, ...input }, ctx) {
      const { device } = ctx.job;
      const parameters = parametersOf(device, "jlink");
      const address = `0x${Number(parameters.address ?? 0).toString(16)}`;
      const own = asTexts(request.params.commands).map((command) => putPaths(command, input, images));
      const lines = [
        ...asTexts(parameters.erase_command),
        ...images.map(({ key }) => `loadfile ${imagePath(input, key)} ${address}`),
        ...asTexts(parameters.reset_command),
        "g",
      ];
      const script = posix.join(await files.makeFolder("jlink"), "cmd.jlink");
      await files.write(script, `${[...(own.length > 0 ? own : lines), "qc"].join("\n")}\n`);
      const argv = [
        ...[programOf(device, "jlink"), "-SelectEmuBySN", board(device), "-Device", processorOf(device, coretype)],
        ...[...optionWords(parameters.options), "-ExitOnError", "1", "-CommandFile", script],
      ];
      await runTool(runner, argv, ctx);
    },
  });
}

/** `flash-cmsis`: images are copied to the board's disk, which is unmounted whatever happens. */
export function flashCmsis(request: PlanRequest) {
  const images = deployedImages(request);
  return defineAction({
    name: "flash-cmsis",
    summary: "copy the images to the board's USB disk",
    reads: imageSlots(images),
    needs,
    async run({ runner, files, ...input }, ctx) {
      const disk = asText(parametersOf(ctx.job.device, "cmsis-dap").usb_mass_device) ?? "";
      const folder = await files.makeFolder("usb");
      await runTool(runner, ["mount", "-t", "vfat", disk, folder], ctx);
      let mounted = true;
      ctx.cleanup.defer("unmount the board's disk", async () => {
        if (mounted) await runner.run(["umount", "--lazy", folder], { signal: new AbortController().signal });
      });
      for (const { key } of images) await runTool(runner, ["cp", imagePath(input, key), folder], ctx);
      await runTool(runner, ["sync", "-f", folder], ctx);
      await runTool(runner, ["umount", folder], ctx);
      mounted = false;
    },
  });
}
