// `npm run board`: a virtual board with real U-Boot, DHCP, TFTP, NFS, fastboot, console and power, and three jobs on it. Plain Node: works on a
// fresh clone, before `npm ci`.
import { spawn } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { openBoard } from "./board/board.mjs";
import { prepareFlashImages } from "./board/flash.mjs";
import { prepareBoard } from "./board/prepare.mjs";
import { buildFastbootUBoot, findFastbootUBoot } from "./board/u-boot.mjs";
import { build, installModules, requireNode, root } from "./lib/house.mjs";
import { CommandFailed } from "./lib/run.mjs";
import { serve } from "./lib/serve.mjs";
import { step } from "./lib/steps.mjs";

/** Where the examples' addresses and dictionaries point. */
const [filesPort, consolePort, fastbootPort] = [8712, 7101, 7102];
const examples = ["uboot-tftp", "uboot-nfs", "fastboot"];
const link = join(root, "out", "board");

const usage = `npm run board [-- OPTIONS]

Builds a virtual board (QEMU arm64 with Debian's U-Boot, DHCP, TFTP, NFS, its console on TCP port ${consolePort}, power over QMP) and runs
examples/uboot-tftp, examples/uboot-nfs and examples/fastboot on it. As root it has a network of its own and installs missing Debian
packages; without root it has QEMU's user network, and the NFS example is left out. Debian's U-Boot has no fastboot: a stand-in beside
the board speaks it, unless a U-Boot that has it was built.

  --keep        no jobs: keep the board ready until Ctrl-C, and print how to run yours
  --only NAME   one example: ${examples.join(", ")}
  --user        QEMU's user network, also as root
  --plain       lines instead of the live view
  --build-fastboot-uboot
                build U-Boot with fastboot from Debian's source, once, and run examples/fastboot on it; kept for later runs
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

/** Runs an example; gives its status. */
async function runExample(name, board, plain) {
  const started = performance.now();
  const code = await basalt(jobArguments(name, board, plain));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`\n${name}: ${code === 0 ? "passed" : `ended with ${code}`} in ${seconds} s`);
  return code;
}

function untilInterrupted() {
  const awake = setInterval(() => {}, 60_000);
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  }).finally(() => clearInterval(awake));
}

/** The board that an example wants, and what it has for fastboot. */
function boardFor(name, programs, uboot) {
  if (name !== "fastboot") return { options: { programs }, note: "Debian's U-Boot" };
  const how = uboot ? `U-Boot built with it (${uboot})` : "a stand-in beside Debian's U-Boot, which has none";
  return {
    options: { programs, fastboot: fastbootPort, ...(uboot ? { firmware: uboot } : {}) },
    note: `fastboot on UDP port ${fastbootPort}: ${how}`,
  };
}

/** Opens the board for an example where the examples' dictionaries expect it, and does something with it. */
async function withBoard(name, { programs, uboot }, work) {
  let board;
  try {
    await step("board", async () => {
      const { options, note } = boardFor(name, programs, uboot);
      board = await openBoard({ ...options, consolePort });
      await mkdir(join(root, "out"), { recursive: true });
      await rm(link, { force: true });
      await symlink(board.folder, link);
      return `${note}; console: 127.0.0.1 port ${consolePort}; power: out/board/qmp.sock`;
    });
    return await work(board);
  } finally {
    await board?.[Symbol.asyncDispose]();
    await rm(link, { force: true });
  }
}

async function keepBoard(name, parts) {
  await withBoard(name, parts, async (board) => {
    const argv = jobArguments(name, board, false).join(" ");
    console.log(`\nReady. In another terminal, from here:\n  npx basalt ${argv}\nCtrl-C ends the board.`);
    await untilInterrupted();
  });
  return 0;
}

/** Packages, programs, files and firmware: all that the board is made of. */
async function prepare({ user, buildsUBoot }) {
  await step("npm packages", installModules);
  await step("build", build);
  let parts;
  await step("QEMU, U-Boot, DHCP, TFTP, NFS, fastboot, kernel", async (progress) => {
    const { programs, files } = await prepareBoard(progress, { user });
    parts = { programs, files, images: programs.fastboot ? await prepareFlashImages(files) : {} };
    return programs.leftOut.length === 0 ? files.folder : `left out: ${programs.leftOut.join("; ")}`;
  });
  if (buildsUBoot) await step("U-Boot with fastboot", buildFastbootUBoot);
  return { ...parts, uboot: findFastbootUBoot() };
}

async function main({ keep, only, plain, user, buildsUBoot }) {
  const parts = await prepare({ user, buildsUBoot });
  const { programs, files, images } = parts;
  const served = [...["kernel", "ramdisk", "dtb", "rootfs"].map((key) => files[key]), ...Object.values(images)];
  const stop = await serve(Object.fromEntries(served.map((path) => [path.split("/").at(-1), path])), filesPort);
  try {
    const offered = examples.filter(
      (name) => name === "uboot-tftp" || (name === "uboot-nfs" ? programs.nfs : programs.fastboot),
    );
    if (only !== undefined && !offered.includes(only))
      throw new Error(`there is no ${only} here: ${programs.leftOut.join("; ")}`);
    if (keep) return await keepBoard(only ?? "uboot-tftp", parts);
    let status = 0;
    for (const name of only === undefined ? offered : [only])
      status = (await withBoard(name, parts, (board) => runExample(name, board, plain))) || status;
    return status;
  } finally {
    stop();
  }
}

/** The options, or undefined after a complaint. */
function readOptions([...words]) {
  const options = { keep: false, plain: false, user: false, only: undefined, buildsUBoot: false };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (["--keep", "--plain", "--user"].includes(word)) options[word.slice(2)] = true;
    else if (word === "--only" && examples.includes(words[0])) options.only = words.shift();
    else if (word === "--build-fastboot-uboot") Object.assign(options, { buildsUBoot: true, only: "fastboot" });
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
