import { type FileHandle, open } from "node:fs/promises";
import {
  asObject,
  asText,
  type BasaltError,
  formatLogLine,
  isoTime,
  type LogRecord,
  lavaErrorType,
  readYaml,
} from "@basalt/core";
import { diskError } from "@basalt/host/disk-error";

/** The last line of every job's log. */
export interface FinalResult {
  readonly result: "pass" | "fail";
  readonly errorType?: string;
  readonly errorMessage?: string;
}

export interface FinishedLog {
  readonly final: FinalResult;
  /** Whole lines. */
  readonly lines: number;
}

export interface FinishLogOptions {
  /** Milliseconds since the epoch, of the lines that are added. */
  readonly now: number;
  /** Written before the error where the log has no end yet. */
  readonly more?: readonly LogRecord[];
  /** What ended the job, where its log does not say. */
  readonly error: BasaltError;
}

const chunkBytes = 64 * 1024;
/** How far back the final line is looked for: what a job left behind may still have had something to say after it. */
const tailBytes = 1 << 20;

async function countLines(handle: FileHandle, size: number): Promise<{ lines: number; wholeBytes: number }> {
  const chunk = Buffer.allocUnsafe(chunkBytes);
  let lines = 0;
  let wholeBytes = 0;
  for (let at = 0; at < size; ) {
    const { bytesRead } = await handle.read(chunk, 0, chunkBytes, at);
    if (bytesRead === 0) break;
    for (let found = chunk.indexOf(10); found >= 0 && found < bytesRead; found = chunk.indexOf(10, found + 1)) {
      lines++;
      wholeBytes = at + found + 1;
    }
    at += bytesRead;
  }
  return { lines, wholeBytes };
}

async function readRange(handle: FileHandle, from: number, to: number): Promise<string> {
  const bytes = Buffer.alloc(to - from);
  const { bytesRead } = await handle.read(bytes, 0, bytes.length, from);
  return bytes.toString("utf8", 0, bytesRead);
}

const finalLine = /^- \{"dt": "[^"]*", "lvl": "results", "msg": \{"definition": "lava", "case": "job", /;

async function findFinal(handle: FileHandle, size: number): Promise<FinalResult | undefined> {
  const lines = (await readRange(handle, Math.max(0, size - tailBytes), size)).split("\n");
  const line = lines.findLast((text) => finalLine.test(text));
  if (line === undefined) return undefined;
  const { value } = await readYaml(line, { kind: "job", quiet: true });
  const { result, error_type, error_msg } = asObject(asObject((value as readonly unknown[])[0]).msg);
  const errorType = asText(error_type);
  const errorMessage = asText(error_msg);
  return {
    result: result === "pass" ? "pass" : "fail",
    ...(errorType === undefined ? {} : { errorType }),
    ...(errorMessage === undefined ? {} : { errorMessage }),
  };
}

function endingRecords({ now, more = [], error }: FinishLogOptions): readonly LogRecord[] {
  const dt = isoTime(now);
  const errorType = lavaErrorType[error.kind];
  const bug: LogRecord = { dt, lvl: "exception", msg: error.stack ?? error.message };
  return [
    ...more,
    error.kind === "bug" ? bug : { dt, lvl: "error", msg: `${errorType} error: ${error.message}` },
    {
      dt,
      lvl: "results",
      msg: { definition: "lava", case: "job", result: "fail", error_msg: error.message, error_type: errorType },
    },
  ];
}

/**
 * Gives a log the end it must have, once: a line that was cut short is put into words of its own, and where there is no `lava.job` result yet,
 * the error and that result are added. Does nothing to a log that has its end; killed midway, it can be done again.
 * @throws ERR_DISK_FULL, ERR_FILE_UNREADABLE (infrastructure)
 */
export async function finishLog(path: string, options: FinishLogOptions): Promise<FinishedLog> {
  try {
    await using handle = await open(path, "a+", 0o600);
    const { size } = await handle.stat();
    const { lines, wholeBytes } = await countLines(handle, size);
    const torn = size > wholeBytes ? await readRange(handle, wholeBytes, Math.min(size, wholeBytes + tailBytes)) : "";
    const known = await findFinal(handle, wholeBytes);
    const cut: readonly LogRecord[] =
      torn === "" ? [] : [{ dt: isoTime(options.now), lvl: "debug", msg: `a line of the log was cut short: ${torn}` }];
    if (torn !== "") await handle.truncate(wholeBytes);
    const added = known ? [] : [...cut, ...endingRecords(options)];
    if (added.length > 0) await handle.appendFile(added.map((record) => `${formatLogLine(record)}\n`).join(""));
    await handle.datasync();
    const final: FinalResult = known ?? {
      result: "fail",
      errorType: lavaErrorType[options.error.kind],
      errorMessage: options.error.message,
    };
    return { final, lines: lines + added.length };
  } catch (cause) {
    throw diskError("complete", path, cause);
  }
}
