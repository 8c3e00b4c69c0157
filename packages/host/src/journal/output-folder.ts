import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type BasaltError,
  describePipeline,
  formatLogLine,
  type Journal,
  type JournalEvent,
  type Pipeline,
  toLogRecord,
} from "@basalt/core";
import { stringify } from "yaml";
import { diskError } from "../files/disk-error.js";
import { makeFolders } from "../files/make-folders.js";
import { AppendFile } from "./append-file.js";
import { junitXml } from "./junit-xml.js";
import { resultsYaml, type TimedResult } from "./results-yaml.js";

/** A journal on disk. */
export interface OutputFolder extends Journal, AsyncDisposable {
  readonly path: string;
  /** Writes results.yaml and junit.xml and waits for the rest. Throws when something could not be written (infrastructure). */
  finish(): Promise<void>;
}

export interface OutputFolderOptions {
  readonly path: string;
  /** Written as description.yaml at once; left out where a job was refused before it had a plan. */
  readonly pipeline?: Pipeline;
  /** Hears at once of a disk that takes no more. The job goes on: a full disk must not leave a board powered. */
  onFailure?(error: BasaltError): void;
}

/** Aside, then into place: readers see the old file or the whole new one. */
async function writeWhole(path: string, text: string): Promise<void> {
  try {
    await writeFile(`${path}.part`, text);
    await rename(`${path}.part`, path);
  } catch (cause) {
    throw diskError("write", path, cause);
  }
}

/** Text of all consoles in one file; where they take turns, a line says whose it is. */
class ConsoleFile {
  #namespace: string | undefined;
  #atLineStart = true;
  constructor(private readonly file: AppendFile) {}

  append({ namespace, text }: Extract<JournalEvent, { type: "console" }>): void {
    if (text === "") return;
    if (this.#namespace !== undefined && this.#namespace !== namespace)
      this.file.append(`${this.#atLineStart ? "" : "\n"}--- ${namespace} ---\n`);
    this.#namespace = namespace;
    this.#atLineStart = text.endsWith("\n");
    this.file.append(text);
  }
}

/**
 * The folder of `--output`: output.yaml (LAVA's log lines), console.log (what the consoles said, as it came), description.yaml (the plan),
 * and, at the end, results.yaml and junit.xml.
 */
export async function openOutputFolder(options: OutputFolderOptions): Promise<OutputFolder> {
  const { path, pipeline, onFailure = () => {} } = options;
  await makeFolders(path).catch((cause: unknown) => {
    throw diskError("make folder", path, cause);
  });
  if (pipeline)
    await writeWhole(
      join(path, "description.yaml"),
      stringify({ pipeline: describePipeline(pipeline) }, { version: "1.1" }),
    );
  const log = await AppendFile.open(join(path, "output.yaml"), onFailure);
  const consoleText = await AppendFile.open(join(path, "console.log"), onFailure);
  const consoles = new ConsoleFile(consoleText);
  const results: TimedResult[] = [];
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await log[Symbol.asyncDispose]();
    await consoleText[Symbol.asyncDispose]();
  };
  return {
    path,
    append(event) {
      if (event.type === "console") return consoles.append(event);
      if (event.type === "result") results.push({ at: event.at, result: event.result });
      const record = toLogRecord(event);
      if (record) log.append(`${formatLogLine(record)}\n`);
    },
    async finish() {
      await writeWhole(join(path, "results.yaml"), resultsYaml(results));
      await writeWhole(join(path, "junit.xml"), junitXml(results));
      await Promise.all([log.flush(), consoleText.flush()]);
      const failure = log.failure ?? consoleText.failure;
      if (failure) throw failure;
    },
    [Symbol.asyncDispose]: () => {
      closed ??= close();
      return closed;
    },
  };
}
