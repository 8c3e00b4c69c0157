import { type DeployedImage, deployedImages, imagePath, imageSlots, putPaths } from "@basalt/actions-common";
import {
  type ActionContext,
  type Device,
  defineAction,
  infrastructureError,
  isBasaltError,
  jobError,
  type PlanRequest,
  type ProcessRunner,
  ProcessRunnerToken,
  slot,
} from "@basalt/core";
import { checkCommands, commandWords, type UuuCommand, uuuCommands } from "./uuu-commands.js";
import { bcuBoard, filled, otgPath, uuuOptions } from "./uuu-device.js";
import { findValues, runUuuTool, type ToolLine, type UuuPlace, uuuPlace } from "./uuu-tools.js";

/** True where the board took a bootloader over USB. */
export const SerialAvailableSlot = slot<boolean>("uuu.serial-available");
/** True where the board's own bootloader could be stopped. */
export const BootloaderValidSlot = slot<boolean>("uuu.bootloader-valid");

const needs = { runner: ProcessRunnerToken };

async function uuuLine(
  runner: ProcessRunner,
  words: readonly string[],
  ctx: ActionContext,
): Promise<readonly string[]> {
  const paths = await findValues(runner, otgPath(ctx.job.device), ctx);
  return ["uuu", ...paths.flatMap((path) => ["-m", path]), ...words];
}

/** Commands of bcu that are about no board. */
const boardless: ReadonlySet<string> = new Set(["lsftdi", "lsboard", "version"]);

async function bcuLine(
  runner: ProcessRunner,
  words: readonly string[],
  ctx: ActionContext,
): Promise<readonly string[]> {
  if (boardless.has(words[0] ?? "")) return ["bcu", ...words];
  const { name, id } = bcuBoard(ctx.job.device);
  const [found = ""] = await findValues(runner, id, ctx);
  return ["bcu", ...words, `-board=${name}`, `-id=${found}`];
}

/** LAVA's time for a bootloader to go into the board's memory. */
const availableWithinMs = 10_000;

/** `check-serial-availability`: the board is in serial download mode where it takes the image `boot` within 10 seconds. */
export function checkSerialAvailability(request: PlanRequest) {
  const images = deployedImages(request);
  return defineAction({
    name: "check-serial-availability",
    summary: "see whether the board takes a bootloader over USB",
    reads: imageSlots(images),
    needs,
    writes: { available: SerialAvailableSlot },
    async validate() {
      if (!images.some(({ key }) => key === "boot"))
        throw jobError(
          "ERR_FLASH_IMAGES",
          "boot method uuu has no image 'boot': no earlier deploy of its namespace brings one; add it to images of 'to: uuu'",
        );
    },
    async run({ runner, ...input }, ctx) {
      const boot = imagePath(input, "boot");
      const argv = await uuuLine(runner, [boot], ctx);
      using deadline = ctx.clock.deadline(availableWithinMs, "uuu {boot}");
      const limited = { ...ctx, signal: AbortSignal.any([ctx.signal, deadline.signal]) };
      try {
        await runUuuTool(runner, uuuPlace(request), { argv, files: [boot] }, { ctx: limited, nth: 1 });
        ctx.log.info("the board is in serial download mode");
        return { available: true };
      } catch (error) {
        const failed = isBasaltError(error) && error.code === "ERR_TOOL_FAILED";
        if (ctx.signal.aborted || !(failed || deadline.signal.aborted)) throw error;
        const why = failed ? error.message : `uuu did not end within ${availableWithinMs / 1000} seconds`;
        ctx.log.warning(`the board is not in serial download mode (${why}): its boot media are made unusable`);
        return { available: false };
      }
    },
  });
}

/** A job's command as a command line, its images in place. */
async function lineOf(
  command: UuuCommand,
  runner: ProcessRunner,
  { images, input, ctx }: { images: readonly DeployedImage[]; input: unknown; ctx: ActionContext },
): Promise<ToolLine> {
  const words = commandWords(command).map((word) => putPaths(word, input, images));
  const files = images
    .map(({ key }) => imagePath(input, key))
    .filter((path) => words.some((word) => word.includes(path)));
  const make = command.protocol === "bcu" ? bcuLine : uuuLine;
  return { argv: await make(runner, words, ctx), files };
}

/** Commands of bcu that give the board back to its own switches. */
const givingBack = (device: Device): readonly UuuCommand[] =>
  ["deinit", ...filled(uuuOptions(device).additional_bcu_cleanup_commands)].map((text) => ({
    protocol: "bcu",
    text: text.replace(/^bcu\s+/, ""),
  }));

/** bcu keeps its hold on the board's switches until it is told to let go. All is tried, whatever fails. */
async function giveBoardBack(runner: ProcessRunner, place: UuuPlace, ctx: ActionContext): Promise<void> {
  const calm = { ...ctx, signal: new AbortController().signal }; // the action's own may have aborted by now
  const problems: string[] = [];
  for (const [index, command] of givingBack(ctx.job.device).entries()) {
    try {
      const line = await lineOf(command, runner, { images: [], input: {}, ctx: calm });
      await runUuuTool(runner, place, line, { ctx: calm, nth: 100 + index });
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (problems.length > 0)
    throw infrastructureError("ERR_BCU_RELEASE", `bcu may still hold the board's switches: ${problems.join("; ")}`);
}

/** The commands of the job are its author's: what they end with is the job's, as LAVA has it. */
function blameJob(error: unknown, { protocol, text }: UuuCommand): unknown {
  if (!isBasaltError(error) || error.code !== "ERR_TOOL_FAILED") return error;
  return jobError("ERR_UUU_FAILED", `'${protocol}: ${text}' failed: ${error.message}`, { cause: error });
}

/** `uuu-boot`: the job's commands, each in its turn. */
export function uuuBoot(request: PlanRequest) {
  const images = deployedImages(request);
  const commands = uuuCommands(request);
  const usesBcu = commands.some(({ protocol }) => protocol === "bcu");
  return defineAction({
    name: "uuu-boot",
    summary: "run the job's uuu and bcu commands",
    reads: imageSlots(images),
    needs,
    async validate() {
      uuuPlace(request);
      checkCommands(commands, images, request);
      if (usesBcu) bcuBoard(request.device);
    },
    async run({ runner, ...input }, ctx) {
      const place = uuuPlace(request);
      if (usesBcu) ctx.cleanup.defer("give the board back", () => giveBoardBack(runner, place, ctx));
      for (const [index, command] of commands.entries()) {
        const line = await lineOf(command, runner, { images, input, ctx });
        try {
          await runUuuTool(runner, place, line, { ctx, nth: index + 1 });
        } catch (error) {
          throw blameJob(error, command);
        }
      }
    },
  });
}
