// `npm run demo`: one LAVA job on a real QEMU machine. Plain Node: works on a fresh clone, before `npm ci`.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { findMachine } from "./demo/machine.mjs";
import { build, installModules, requireNode, root } from "./lib/house.mjs";
import { CommandFailed } from "./lib/run.mjs";
import { serve } from "./lib/serve.mjs";
import { step } from "./lib/steps.mjs";

const example = join("examples", "hello-qemu");
const output = join("out", "hello-qemu");
/** Where the job's addresses point: examples/hello-qemu/job.yaml. */
const port = 8711;

const usage = `npm run demo [-- OPTIONS]

Runs ${example}/job.yaml with \`basalt run\` on a QEMU machine that boots a Debian kernel. Before, it installs and builds what is
missing: npm packages, QEMU (as root on Debian or Ubuntu), a kernel and busybox (downloaded and unpacked, not installed).
Where QEMU can't be had, the same job runs on a simulated board.

  --simulated   use the simulated board even if QEMU can be had
  --plain       lines instead of the live view
  --help        this text

The job's output is in ${output}/. The exit status is the job's: 0 when all tests passed.`;

const known = ["--simulated", "--plain", "--help"];
const options = new Set(process.argv.slice(2));
const unknown = [...options].find((option) => !known.includes(option));

/** What the job's addresses serve: the guest, or for a simulated board, which boots no file, something to download. */
function filesOf(guest) {
  if (guest) return { vmlinuz: guest.kernel, "initramfs.cpio.gz": guest.initramfs };
  return { vmlinuz: { content: "a kernel\n" }, "initramfs.cpio.gz": { content: "an initramfs\n" } };
}

/** Runs `basalt` with this terminal; gives its exit status. Ctrl-C reaches it by itself: it is in the same process group. */
function basalt(argv) {
  const command = join("packages", "cli", "bin", "basalt.js");
  console.log(`\n$ basalt ${argv.join(" ")}\n`);
  const child = spawn(process.execPath, [command, ...argv], { cwd: root, stdio: "inherit" });
  const ignore = () => {};
  process.on("SIGINT", ignore).on("SIGTERM", () => child.kill("SIGTERM"));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 70));
  });
}

async function main() {
  await step("npm packages", installModules);
  await step("build", build);
  const { guest, reason } = options.has("--simulated") ? { reason: "asked for" } : await findMachine();
  if (!guest) console.log(`No real QEMU (${reason}): the same job runs on the simulated board.`);
  const device = guest ? "device.yaml" : "device-simulated.yaml";
  const stop = await serve(filesOf(guest), port);
  try {
    const plain = options.has("--plain") ? ["--plain"] : [];
    return await basalt([
      "run",
      join(example, "job.yaml"),
      "--device",
      join(example, device),
      "--output",
      output,
      ...plain,
    ]);
  } finally {
    stop();
  }
}

if (options.has("--help")) {
  console.log(usage);
} else if (unknown) {
  console.error(`unknown option ${unknown}; npm run demo -- --help lists them`);
  process.exitCode = 2;
} else {
  requireNode();
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof CommandFailed) console.error(error.output.trimEnd());
    const taken =
      error.code === "EADDRINUSE" ? `port ${port} is taken: end what listens there and try again` : error.message;
    console.error(`The demo can't go on: ${taken}`);
    process.exitCode = 70;
  }
}
