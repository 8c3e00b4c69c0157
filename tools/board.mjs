// `npm run board`: a virtual board with real U-Boot, DHCP, TFTP, NFS, console and power, and two jobs on it. Plain Node: works on a
// fresh clone, before `npm ci`.
import { spawn } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { openBoard } from "./board/board.mjs";
import { prepareBoard } from "./board/prepare.mjs";
import { build, installModules, requireNode, root } from "./lib/house.mjs";
import { CommandFailed } from "./lib/run.mjs";
import { serve } from "./lib/serve.mjs";
import { step } from "./lib/steps.mjs";

/** Where the examples' addresses and dictionaries point. */
const [filesPort, consolePort] = [8712, 7101];
const link = join(root, "out", "board");

const usage = `npm run board [-- OPTIONS]

Builds a virtual board (QEMU arm64 with Debian's U-Boot, DHCP, TFTP, NFS, its console on TCP port ${consolePort}, power over QMP) and runs
examples/uboot-tftp and examples/uboot-nfs on it. As root it has a network of its own and installs missing Debian packages; without
root it has QEMU's user network, and the NFS example is left out.

  --keep        no jobs: keep the board ready until Ctrl-C, and print how to run yours
  --only NAME   one example: uboot-tftp or uboot-nfs
  --user        QEMU's user network, also as root
  --plain       lines instead of the live view
  --help        this text

The jobs' output is in out/. The exit status is 0 when all jobs passed.`;

/** Runs `basalt` with this terminal; gives its exit status. Ctrl-C reaches it by itself: it is in the same process group. */
function basalt(argv) {
  console.log(`\n$ basalt ${argv.join(" ")}\n`);
  const child = spawn(process.execPath, [join("packages", "cli", "bin", "basalt.js"), ...argv], {
    cwd: root,
    stdio: "inherit",
  });
  const ignore = () => {};
  const end = () => child.kill("SIGTERM");
  process.on("SIGINT", ignore).on("SIGTERM", end);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      process.off("SIGINT", ignore).off("SIGTERM", end);
      resolve(code ?? 70);
    });
  });
}

const jobArguments = (name, board, plain) => [
  ...["run", join("examples", name, "job.yaml"), "--device", join("examples", name, "device.jinja2")],
  ...["--config", board.config, "--output", join("out", name), ...(plain ? ["--plain"] : [])],
];

/** Runs the examples; gives the first status that is not 0. */
async function runExamples(names, board, plain) {
  let status = 0;
  for (const name of names) {
    const started = performance.now();
    const code = await basalt(jobArguments(name, board, plain));
    console.log(
      `\n${name}: ${code === 0 ? "passed" : `ended with ${code}`} in ${((performance.now() - started) / 1000).toFixed(1)} s`,
    );
    if (code !== 0) status ||= code;
  }
  return status;
}

function untilInterrupted() {
  const awake = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  }).finally(() => clearInterval(awake));
}

async function main({ keep, only, plain, user }) {
  await step("npm packages", installModules);
  await step("build", build);
  let programs;
  let files;
  await step("QEMU, U-Boot, DHCP, TFTP, NFS, kernel", async (progress) => {
    ({ programs, files } = await prepareBoard(progress, { user }));
    return programs.leftOut.length === 0 ? files.folder : `left out: ${programs.leftOut.join("; ")}`;
  });
  const stop = await serve(
    Object.fromEntries(["kernel", "ramdisk", "dtb", "rootfs"].map((key) => [files[key].split("/").at(-1), files[key]])),
    filesPort,
  );
  let board;
  try {
    await step("board", async () => {
      board = await openBoard({ programs, consolePort });
      await mkdir(join(root, "out"), { recursive: true });
      await rm(link, { force: true });
      await symlink(board.folder, link);
      return `console: 127.0.0.1 port ${consolePort}; power: out/board/qmp.sock`;
    });
    const names = ["uboot-tftp", ...(programs.nfs ? ["uboot-nfs"] : [])];
    if (only !== undefined && !names.includes(only))
      throw new Error(`there is no ${only} here: ${programs.leftOut.join("; ")}`);
    if (!keep) return await runExamples(only === undefined ? names : [only], board, plain);
    console.log(
      `\nReady. In another terminal, from here:\n  npx basalt ${jobArguments("uboot-tftp", board, false).join(" ")}\nCtrl-C ends the board.`,
    );
    await untilInterrupted();
    return 0;
  } finally {
    stop();
    await board?.[Symbol.asyncDispose]();
    await rm(link, { force: true });
  }
}

/** The options, or undefined after a complaint. */
function readOptions([...words]) {
  const options = { keep: false, plain: false, user: false, only: undefined };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (["--keep", "--plain", "--user"].includes(word)) options[word.slice(2)] = true;
    else if (word === "--only" && ["uboot-tftp", "uboot-nfs"].includes(words[0])) options.only = words.shift();
    else return void console.error(`can't understand '${word}'; npm run board -- --help lists the options`);
  }
  return options;
}

if (process.argv.includes("--help")) console.log(usage);
else {
  requireNode();
  const options = readOptions(process.argv.slice(2));
  try {
    process.exitCode = options === undefined ? 2 : await main(options);
  } catch (error) {
    if (error instanceof CommandFailed) console.error(error.output.trimEnd());
    const taken =
      error.code === "EADDRINUSE" ? `port ${error.port} is taken: end what listens there and try again` : error.message;
    console.error(`The board can't be made: ${taken}`);
    process.exitCode = 70;
  }
}
