import { containerName, dockerRun, promptPatterns, splitCommand } from "@basalt/actions-common";
import {
  asObject,
  asText,
  asTexts,
  Console,
  defineAction,
  dig,
  methodOptions,
  type PlanRequest,
  PtySpawnerToken,
} from "@basalt/core";
import { parametersOf } from "./flash-actions.js";
import { deployedImages, imageSlots, putPaths } from "./images.js";

/** What the dictionary says of the block's `commands`. */
export const gdbCommands = ({ device, params }: Pick<PlanRequest, "device" | "params">) =>
  asObject(dig(methodOptions(device, "boot", "gdb"), asText(params.commands) ?? ""));

/** Starts the debugger, types the device's commands and lets the board go on. The debugger runs on until the job ends. */
export function runGdb(request: PlanRequest) {
  const images = deployedImages(request);
  return defineAction({
    name: "boot-gdb-retry",
    summary: "load and start the image with gdb",
    reads: imageSlots(images),
    needs: { pty: PtySpawnerToken },
    async run({ pty, ...input }, ctx) {
      const own = gdbCommands(request);
      const parameters = parametersOf(request.device, "gdb");
      const put = (text: string): string => putPaths(text, input, images);
      const gdb = [...splitCommand(asText(parameters.command) ?? "gdb-multiarch"), ...asTexts(own.arguments).map(put)];
      const docker = asObject(own.docker);
      const image = asText(request.params.container) ?? asText(docker.container) ?? "";
      const folders = images.map(({ key }) => put(`{${key}}`).replace(/\/[^/]*$/, ""));
      const run = {
        image,
        name: containerName("docker-gdb", "", ctx.job.id, ctx.level),
        interactive: true,
        devices: asTexts(docker.devices),
        mounts: folders.map((folder) => ({ source: folder, target: folder })),
      };
      const argv = docker.use === true || request.params.container !== undefined ? dockerRun(run, gdb) : gdb;
      ctx.log.info(`starting ${argv.join(" ")}`);
      const debuggerProcess = ctx.cleanup.use(await pty.spawn(argv, {}), "gdb");
      const console = ctx.cleanup.use(new Console(debuggerProcess, {}), "gdb's console");
      const options = { signal: ctx.signal, clock: ctx.clock };
      const prompt = promptPatterns(["\\(gdb\\) "]);
      const type = async (command: string): Promise<void> => {
        const { before } = await console.expect(prompt, options);
        ctx.log.debug(`gdb: ${before.trim()}`);
        ctx.log.write("input", command);
        await console.send(`${command}\n`, { signal: ctx.signal });
      };
      for (const command of asTexts(own.commands)) await type(put(command));
      await console.expect(prompt, { ...options, consume: false });
      const waitS = Number(asText(parameters.wait_before_continue) ?? 0);
      if (waitS > 0) await ctx.clock.sleep(waitS * 1000, { signal: ctx.signal });
      await type("continue");
    },
  });
}
