// The same console in a job of the product: core's runJob, openConsole and journal, host's output folder (output.yaml and console.log).
import { spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { fromPipe } from "./from-pipe.mjs";

const never = new AbortController().signal;

/** A job whose only action reads a console to its end, matching all the way. Gives seconds, CPU seconds, matches and target lines. */
export async function readInJob(product, { path, output, patterns, secrets = [] }) {
  const measured = { seconds: 0, cpu: 0, matches: 0, lines: 0 };
  const reader = product.defineAction({
    name: "read-console",
    summary: "reads a console to its end",
    run: async (_input, ctx) => {
      const cat = spawn("cat", [path], { stdio: ["ignore", "pipe", "inherit"] });
      const console = product.openConsole({ readable: fromPipe(cat.stdout), writable: new WritableStream() }, ctx);
      for (;;) {
        try {
          await console.expect(patterns, { signal: never });
          measured.matches++;
        } catch (error) {
          if (error.code !== "ERR_CONNECTION_CLOSED") throw error;
          return {};
        }
      }
    },
  });
  const folder = await product.openOutputFolder({ path: output });
  const pipeline = product.pipelineOf(reader);
  const began = performance.now();
  const cpu = process.cpuUsage();
  const outcome = await product.runJob({
    pipeline,
    jobId: "1",
    clock: product.systemClock,
    journal: folder,
    resolve: (token) => {
      if (token.key === product.PowerToken.key) return new product.FakePower();
      throw product.serviceMissing(token.key.description);
    },
    signal: never,
    secrets,
  });
  await folder.finish();
  await folder[Symbol.asyncDispose]();
  measured.seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  measured.cpu = (used.user + used.system) / 1e6;
  if (outcome.result !== "pass") throw outcome.error;
  const { stdout } = spawnSync("grep", ["-c", '"lvl": "target"', join(output, "output.yaml")], { encoding: "utf8" });
  measured.lines = Number(stdout);
  return measured;
}
