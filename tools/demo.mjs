// `npm run demo`: a whole lab on this machine, and one LAVA job in it. Plain Node: works on a fresh clone, before `npm ci`.
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { findMachine } from "./demo/machine.mjs";
import { exampleFiles, examplePort } from "./guest/example-files.mjs";
import { build, installModules, requireNode, root } from "./lib/house.mjs";
import { CommandFailed } from "./lib/run.mjs";
import { serve } from "./lib/serve.mjs";
import { step } from "./lib/steps.mjs";

const example = join("examples", "hello-qemu");
const command = join("packages", "cli", "bin", "basalt.js");

const usage = `npm run demo [-- OPTIONS]

Starts a lab with \`basalt lab\` (database, server, worker and a QEMU machine that boots a Debian kernel), submits
${example}/job.yaml to it, follows it live, shows its results and stops the lab. Before, it installs and builds what is missing:
npm packages, QEMU (as root on Debian or Ubuntu), a kernel and busybox (downloaded and unpacked, not installed).
Where QEMU can't be had, the same job runs on a simulated board.

  --simulated   use the simulated board even if QEMU can be had
  --keep        leave the lab running, with its pages, until Ctrl-C
  --help        this text

The exit status is the job's: 0 when all tests passed.`;

const known = ["--simulated", "--keep", "--help"];
const options = new Set(process.argv.slice(2));
const unknown = [...options].find((option) => !known.includes(option));

/** Runs `basalt` with this terminal; gives its exit status. Ctrl-C reaches it by itself: it is in the same process group. */
function basalt(argv) {
  console.log(`\n$ basalt ${argv.join(" ")}\n`);
  const child = spawn(process.execPath, [command, ...argv], { cwd: root, stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve(code ?? 70));
  });
}

/** Starts `basalt lab`, in a process group of its own: Ctrl-C cancels the job first. Gives its address once it is up. */
async function startLab(argv) {
  console.log(`\n$ basalt ${argv.join(" ")}\n`);
  const child = spawn(process.execPath, [command, ...argv], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  const ended = new Promise((resolve) => child.on("close", resolve));
  const lab = {
    url: undefined,
    ended,
    async stop() {
      child.kill("SIGTERM");
      await ended;
    },
  };
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line);
    lab.url ??= /^Lab: +(\S+)/.exec(line)?.[1];
    if (line.startsWith("Ctrl-C")) return lab;
  }
  throw new Error(`the lab ended with status ${await ended} before it was up`);
}

async function main() {
  await step("npm packages", installModules);
  await step("build", build);
  const { guest, reason } = options.has("--simulated") ? { reason: "asked for" } : await findMachine();
  if (!guest) console.log(`No real QEMU (${reason}): the same job runs on the simulated board.`);
  const device = join(example, guest ? "device.yaml" : "device-simulated.yaml");
  const stop = await serve(exampleFiles(guest), examplePort);
  const state = await mkdtemp(join(tmpdir(), "basalt-demo-"));
  // PostgreSQL does not run as root; its user has to get through to its own folder
  await chmod(state, 0o711);
  // the job that is followed is canceled by Ctrl-C, and then the lab is stopped
  process.on("SIGINT", () => {});
  try {
    const lab = await startLab(["lab", "--state-folder", state, "--port", "0", "--device", device]);
    try {
      const login = join(state, "login.json");
      const job = join(example, "job.yaml");
      const status = await basalt(["submit", job, "--follow", "--server", lab.url, "--token-file", login]);
      if (options.has("--keep")) await keep(lab);
      return status;
    } finally {
      await lab.stop();
    }
  } finally {
    stop();
    await rm(state, { recursive: true, force: true });
  }
}

async function keep(lab) {
  console.log(`\nThe lab is still there: ${lab.url} (login above). Ctrl-C stops it.`);
  await new Promise((resolve) => {
    process.once("SIGINT", resolve).once("SIGTERM", resolve);
    lab.ended.then(resolve);
  });
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
      error.code === "EADDRINUSE"
        ? `port ${examplePort} is taken: end what listens there and try again`
        : error.message;
    console.error(`The demo can't go on: ${taken}`);
    process.exitCode = 70;
  }
}
