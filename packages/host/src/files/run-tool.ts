import { type FileHandle, open } from "node:fs/promises";
import { type BasaltError, type Clock, infrastructureError } from "@basalt/core";
import { findProgram } from "../process/find-program.js";
import { startProcess } from "../process/start-process.js";
import { TailBuffer } from "../process/tail-buffer.js";
import { diskError } from "./disk-error.js";

export interface ToolRun {
  readonly argv: readonly string[];
  /** Debian package that has the program. */
  readonly debianPackage: string;
  readonly what: string;
  readonly cwd?: string;
  /** File read as standard input, or text. */
  readonly stdin?: { readonly file: string } | { readonly text: string };
  /** File written from standard output. */
  readonly stdout?: { readonly file: string };
  readonly signal: AbortSignal;
  readonly clock: Clock;
}

/** The error of a tool that is not installed. */
export const toolMissing = (program: string, debianPackage: string, what: string): BasaltError =>
  infrastructureError(
    "ERR_TOOL_MISSING",
    `cannot ${what}: the program "${program}" is not installed on this worker; install it (Debian: apt-get install ${debianPackage})`,
    { details: { program, debianPackage } },
  );

/** Runs a tool between files, which it reads and writes itself; throws when it is missing or fails. */
export async function runTool(tool: ToolRun): Promise<void> {
  const { argv, what, signal, clock } = tool;
  const [program = ""] = argv;
  if ((await findProgram(program)) === undefined) throw toolMissing(program, tool.debianPackage, what);
  const opened: FileHandle[] = [];
  const openFile = async (path: string, flags: string): Promise<number> => {
    const handle = await open(path, flags).catch((cause: unknown) => {
      throw diskError(flags === "r" ? "read" : "write", path, cause);
    });
    opened.push(handle);
    return handle.fd;
  };
  try {
    const input = tool.stdin && "file" in tool.stdin ? await openFile(tool.stdin.file, "r") : undefined;
    const output = tool.stdout && (await openFile(tool.stdout.file, "w"));
    const { child, ended } = await startProcess(argv, {
      clock,
      signal,
      cwd: tool.cwd,
      // messages in English and names in byte order, whatever the worker speaks
      env: { LC_ALL: "C" },
      stdio: [input ?? (tool.stdin ? "pipe" : "ignore"), output ?? "ignore", "pipe"],
    });
    const complaints = new TailBuffer(4_096);
    child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk));
    child.stdin?.on("error", () => {});
    if (tool.stdin && "text" in tool.stdin) child.stdin?.end(tool.stdin.text);
    const { code, endedBy } = await ended;
    if (code === 0) return;
    const said = complaints.text().trim();
    const full = said.includes("No space left on device");
    throw infrastructureError(
      full ? "ERR_DISK_FULL" : "ERR_TOOL_FAILED",
      `cannot ${what}: ${program} ended with ${endedBy ?? `status ${code}`}${said === "" ? "" : `: ${said}`}`,
      { details: { program, code, endedBy } },
    );
  } finally {
    for (const handle of opened) await handle.close();
  }
}
