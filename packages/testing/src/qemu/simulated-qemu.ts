import { access } from "node:fs/promises";
import { isJsonObject, makeLog, systemClock } from "@basalt/core";
import type { SimulatedBoardOptions } from "../board/board-options.js";
import { SimulatedBoard } from "../board/simulated-board.js";
import { parseQemuArguments } from "./qemu-arguments.js";

/** Where the stand-in reads and writes, and what tells it to stop. */
export interface QemuStreams {
  readonly input: AsyncIterable<Uint8Array>;
  write(bytes: Uint8Array): void;
  error(text: string): void;
  readonly signal: AbortSignal;
  /** JSON, put under what `-simulated` says. */
  readonly options?: string | undefined;
}

const name = "simulated-qemu";

async function missingFile(files: readonly (readonly [string, string | undefined])[]): Promise<string | undefined> {
  for (const [what, file] of files) {
    if (file === undefined) continue;
    const there = await access(file).then(
      () => true,
      () => false,
    );
    if (!there) return `could not open ${what} '${file}': No such file or directory`;
  }
  return undefined;
}

function boardOptions(texts: readonly (string | undefined)[]): SimulatedBoardOptions {
  const options = texts.map((text): unknown => (text === undefined ? {} : JSON.parse(text)));
  if (!options.every(isJsonObject)) throw new Error("expected a JSON object");
  return Object.assign({}, ...options) as SimulatedBoardOptions;
}

/**
 * A stand-in for `qemu-system-x86_64 -nographic`: its console is a simulated board that boots the kernel at once. Kernel and initramfs must be
 * there but are not looked into; drives with an ext2 file system can be mounted by UUID. Gives the exit status.
 */
export async function runSimulatedQemu(argv: readonly string[], streams: QemuStreams): Promise<number> {
  if (argv.includes("--version") || argv.includes("-version")) {
    streams.write(Buffer.from("Basalt's stand-in for QEMU emulator version 7.2.0\n"));
    return 0;
  }
  const { kernel, initrd, append, drives, noReboot, simulated } = parseQemuArguments(argv);
  const problem = await missingFile([
    ["kernel file", kernel],
    ["initrd file", initrd],
    ...drives.map((file) => ["file", file] as const),
  ]);
  if (problem !== undefined) {
    streams.error(`${name}: ${problem}\n`);
    return 1;
  }
  let ended: (status: number) => void = () => {};
  const done = new Promise<number>((resolve) => {
    ended = resolve;
  });
  let asked: SimulatedBoardOptions;
  try {
    asked = boardOptions([streams.options, simulated]);
  } catch (error) {
    streams.error(`${name}: can't read the board's options: ${String(error)}\n`);
    return 1;
  }
  await using board = new SimulatedBoard({
    arch: "amd64",
    shellPrompt: "root@basalt:/# ",
    ...asked,
    firmware: "none",
    kernelCommandLine: append,
    drives,
    onDown: (how) => {
      if (how === "poweroff" || noReboot) ended(0);
    },
  });
  const console = board.connect();
  const power = { signal: streams.signal, log: makeLog({ append: () => {} }, systemClock) };
  streams.signal.addEventListener("abort", () => ended(0), { once: true });
  const showing = show(console.readable, streams);
  const typing = type(streams.input, console.writable).then(() => ended(0));
  for (const work of [showing, typing]) work.catch(() => ended(1));
  await board.power.on(power);
  return await done; // awaited here, or the board would be gone before
}

async function show(readable: ReadableStream<Uint8Array>, { write }: QemuStreams): Promise<void> {
  for await (const bytes of readable) write(bytes);
}

const ctrlA = 1;

/** Types what comes in; Ctrl-A x ends it, as with QEMU's -nographic. */
async function type(input: AsyncIterable<Uint8Array>, writable: WritableStream<Uint8Array>): Promise<void> {
  const writer = writable.getWriter();
  let escaped = false;
  for await (const bytes of input) {
    const typed: number[] = [];
    for (const byte of bytes) {
      if (escaped && byte === "x".charCodeAt(0)) return;
      if (!escaped && byte === ctrlA) escaped = true;
      else {
        typed.push(byte);
        escaped = false;
      }
    }
    await writer.write(Uint8Array.from(typed));
  }
}
