import {
  type ActionContext,
  asList,
  asObject,
  asText,
  type Device,
  defineAction,
  infrastructureError,
  isBasaltError,
  type JsonObject,
} from "@basalt/core";
import { readDocker, runToolInPlace } from "../docker/index.js";
import { downloadedSlot } from "../slots.js";
import { lookUntil, waitForUsb } from "../usb/index.js";
import {
  adbSerial,
  type FastbootInput,
  FastbootSerialSlot,
  fastbootNeeds,
  fastbootReads,
  fastbootSerial,
  isNetworkSerial,
  placeOf,
  runFastboot,
} from "./fastboot-client.js";

/** Attempts and pause of LAVA's detection (lava-dispatcher.md 4). */
const detection = { attempts: 10, pauseMs: 3_000 };

/** Serial numbers in the answer of `fastboot devices` or `adb devices`. */
export const listedDevices = (answer: string): readonly string[] =>
  answer.split("\n").flatMap((line) => /^(\S+)\s+(fastboot|device)\b/.exec(line)?.[1] ?? []);

/** Finds the one board in fastboot mode, where the dictionary does not say its serial number. */
export const detectFastbootDevice = (params: JsonObject) =>
  defineAction({
    name: "detect-fastboot-device",
    summary: "find the board in fastboot mode",
    needs: fastbootNeeds,
    writes: { serial: FastbootSerialSlot },
    async run(input, ctx) {
      const docker = readDocker(params.docker);
      for (let attempt = 1; attempt <= detection.attempts; attempt++) {
        const { stdout } = await runToolInPlace({ ...input, docker }, ["fastboot", "devices"], ctx);
        const [serial, ...others] = listedDevices(stdout);
        if (others.length > 0)
          throw infrastructureError(
            "ERR_FASTBOOT_DEVICE",
            `several boards are in fastboot mode: ${[serial, ...others].join(", ")}; give the device its fastboot_serial_number`,
          );
        if (serial !== undefined) {
          ctx.log.info(`the board's serial number is ${serial}`);
          return { serial };
        }
        ctx.log.debug(`no board in fastboot mode: attempt ${attempt} of ${detection.attempts}`);
        if (attempt < detection.attempts) await ctx.clock.sleep(detection.pauseMs, { signal: ctx.signal });
      }
      throw infrastructureError(
        "ERR_FASTBOOT_DEVICE",
        `'fastboot devices' listed no board in ${detection.attempts} attempts: check the USB cable and that the board's bootloader is in fastboot mode`,
      );
    },
  });

/** The board that USB shows: fastboot's serial number, or one of `device_info`. */
function serialsOnUsb(serial: string, device: Device): readonly string[] {
  const listed = asList(device.dictionary.device_info).map((entry) => asText(asObject(entry).board_id) ?? "");
  return [...new Set([serial, ...listed])].filter((id) => id !== "");
}

async function answers(input: FastbootInput, params: JsonObject, ctx: ActionContext): Promise<true | undefined> {
  try {
    await runFastboot(input, ["getvar", "version"], ctx, { docker: readDocker(params.docker) });
    return true;
  } catch (error) {
    if (ctx.signal.aborted || !isBasaltError(error) || error.code !== "ERR_TOOL_FAILED") throw error;
    return undefined; // refused: it is not there yet
  }
}

/** `wait-device-boardid`: the board is on USB, or its fastboot answers over the network. */
export const waitFastbootDevice = (params: JsonObject) =>
  defineAction({
    name: "wait-device-boardid",
    summary: "wait for the board",
    reads: fastbootReads,
    needs: fastbootNeeds,
    blameOnTimeout: "infrastructure",
    async run(input, ctx) {
      const { device } = ctx.job;
      const serial = fastbootSerial(input.detected, device);
      if (isNetworkSerial(serial)) await lookUntil(() => answers(input, params, ctx), ctx);
      else await waitForUsb(input.files, { serials: serialsOnUsb(serial, device) }, ctx);
    },
  });

/** Restarts the board into its bootloader: through adb where its system runs, else through fastboot. */
export const enterFastboot = (params: JsonObject) =>
  defineAction({
    name: "enter-fastboot-action",
    summary: "restart the board into fastboot mode",
    reads: fastbootReads,
    needs: fastbootNeeds,
    async run(input, ctx) {
      const docker = readDocker(params.docker);
      const adb = adbSerial(ctx.job.device);
      const usesAdb = adb !== undefined && (docker !== undefined || (await input.runner.find("adb")) !== undefined);
      if (usesAdb) {
        const place = { ...input, ...placeOf(adb, docker) };
        const { stdout } = await runToolInPlace(place, ["adb", "devices"], ctx);
        if (listedDevices(stdout).includes(adb)) {
          await runToolInPlace(place, ["adb", "-s", adb, "reboot", "bootloader"], ctx);
          return;
        }
      }
      await runFastboot(input, ["reboot-bootloader"], ctx, { docker });
    },
  });

const rebootCommands = {
  "fastboot-reboot": ["reboot"],
  "fastboot-reboot-bootloader": ["reboot-bootloader"],
  "fastboot-reboot-fastboot": ["reboot-fastboot"],
} as const;

/** The ways fastboot restarts a board. */
export type FastbootReboot = keyof typeof rebootCommands;

/** `fastboot-reboot` and its kin. */
export const fastbootReboot = (name: FastbootReboot, params: JsonObject) =>
  defineAction({
    name,
    summary: `restart the board: fastboot ${rebootCommands[name].join(" ")}`,
    reads: fastbootReads,
    needs: fastbootNeeds,
    blameOnTimeout: "infrastructure",
    async run(input, ctx) {
      await runFastboot(input, rebootCommands[name], ctx, { docker: readDocker(params.docker) });
    },
  });

/** `fastboot-flash-action`: writes one image into its partition. */
export const fastbootFlash = (partition: string, params: JsonObject, skip: string | undefined) =>
  defineAction({
    name: "fastboot-flash-action",
    summary: `flash ${partition}`,
    reads: { ...fastbootReads, image: downloadedSlot(partition) },
    needs: fastbootNeeds,
    blameOnTimeout: "infrastructure",
    async run({ image, ...input }, ctx) {
      if (skip !== undefined) {
        ctx.log.info(`${partition} is not flashed: ${skip}`);
        return;
      }
      ctx.log.info(`flashing ${partition}`);
      await runFastboot(input, ["flash", partition, image.path], ctx, {
        docker: readDocker(params.docker),
        paths: [image.path],
      });
    },
  });
