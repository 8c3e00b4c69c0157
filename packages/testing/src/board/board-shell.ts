import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readDrive } from "./drives.js";
import { boardVariable, type PrivateRoot } from "./private-root.js";
import { rewritePaths } from "./rewrite-paths.js";
import { standIns } from "./stand-ins.js";

export interface BoardShellOptions {
  /** The board's disk: a folder. */
  readonly root: string;
  readonly id: string;
  readonly prompt: string;
  readonly privateRoot: PrivateRoot;
  onOutput(bytes: Uint8Array): void;
}

/** A real shell on the board. */
export interface BoardShell {
  write(bytes: Uint8Array): void;
  /** How it ended: by itself, or because `reboot` or `poweroff` was called. */
  readonly ended: Promise<"exit" | "reboot" | "poweroff">;
  kill(): void;
}

/** Makes the folders and programs of a board's disk. */
export async function prepareDisk(root: string, drives: readonly string[]): Promise<void> {
  for (const folder of ["root", "tmp", "run", "mnt", "home", "basalt/bin", "basalt/drives"])
    await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, "tmp"), 0o1777);
  for (const [name, text] of Object.entries(standIns)) {
    await writeFile(join(root, "basalt/bin", name), text, { mode: 0o755 });
  }
  for (const image of drives) await readDrive(image, join(root, "basalt/drives"));
}

/** Ends every process of a board, also those that left their group and session: they are known by their environment. */
export function killBoard(id: string): void {
  const mark = `${boardVariable}=${id}`;
  for (const pid of processIds()) {
    try {
      const variables = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      if (variables.includes(mark)) process.kill(pid, "SIGKILL");
    } catch {
      // it ended meanwhile, or is another user's
    }
  }
}

function processIds(): readonly number[] {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .map(Number);
  } catch {
    return []; // no /proc here: the terminal's own process group is all that can be ended
  }
}

/** Starts a real interactive /bin/sh in a terminal of its own, with the board's disk as its root. */
export async function startBoardShell(options: BoardShellOptions): Promise<BoardShell> {
  const { root, id, prompt, privateRoot, onOutput } = options;
  const { spawn } = await import("@lydell/node-pty");
  const control = join(root, "basalt/control");
  await rm(control, { force: true });
  const [program = "", ...args] = privateRoot.command(root, ["/bin/sh", "-i"]);
  const terminal = spawn(program, args, {
    cols: 500,
    rows: 50,
    cwd: root,
    encoding: null,
    env: { PATH: process.env.PATH, BOARD_PS1: prompt, [boardVariable]: id },
  });
  const paths = privateRoot.isPrivate ? undefined : rewritePaths(root);
  terminal.onData((data: unknown) => onOutput(paths ? paths.out(data as Uint8Array) : (data as Uint8Array)));
  const ended = new Promise<"exit" | "reboot" | "poweroff">((resolve) => {
    terminal.onExit(() => {
      killBoard(id);
      readFile(control, "utf8").then(
        (text) => resolve(text.trim() === "reboot" ? "reboot" : "poweroff"),
        () => resolve("exit"),
      );
    });
  });
  return {
    ended,
    write: (bytes) => terminal.write(Buffer.from(paths?.in(bytes) ?? bytes) as unknown as string),
    kill() {
      killBoard(id);
      try {
        terminal.kill("SIGKILL");
      } catch {
        // it has ended
      }
    },
  };
}
