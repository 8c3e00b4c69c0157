import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { basename, join } from "node:path";
import { readYamlFast } from "@basalt/core";
import { root } from "../lib/house.mjs";
import { serve } from "../lib/serve.mjs";
import { openBoard } from "./board.mjs";
import { findBoardFiles } from "./files.mjs";
import { prepareFlashImages } from "./flash.mjs";
import { findPrograms } from "./programs.mjs";

const bin = join(root, "packages", "cli", "bin", "basalt.js");
const files = findBoardFiles();
const programs: { network: string; nfs: boolean; fastboot: boolean; leftOut: string[] } | Error = await findPrograms({
  install: false,
}).catch((error: Error) => error);

/** Why these tests can't run here; undefined where they can. */
export const missing: string | undefined = !existsSync(join(root, "packages", "cli", "dist", "main.js"))
  ? "the command is not built (npm run build)"
  : programs instanceof Error
    ? programs.message
    : programs.network !== "namespace"
      ? programs.leftOut.join("; ")
      : files === undefined
        ? "the board's kernel is not there (npm run board)"
        : undefined;
export const hasNfs = !(programs instanceof Error) && programs.nfs;
export const hasFastboot = !(programs instanceof Error) && programs.fastboot;

/** What happened on the serial line, in order. */
export interface LineEvent {
  readonly kind: "power" | "board" | "user" | "refused";
  readonly text: string;
}

export interface BoardJob {
  /** `ramdisk`, `nfs`, or commands of the job's own. */
  readonly commands?: string | readonly string[];
  /** Keys of the deploy block beside kernel, ramdisk and dtb. */
  readonly deploy?: Readonly<Record<string, unknown>>;
  readonly boot?: Readonly<Record<string, unknown>>;
  /** Blocks in place of the deploy and boot blocks that all of the above are about. */
  readonly blocks?: readonly object[];
  readonly steps?: readonly string[];
  /** Seconds by action: of the job, and of the device for waits of a connection. */
  readonly actionSeconds?: Readonly<Record<string, number>>;
  readonly connectionSeconds?: Readonly<Record<string, number>>;
  /** Variables of the device's dictionary. */
  readonly device?: Readonly<Record<string, unknown>>;
}

export interface BoardRun {
  readonly status: number | null;
  readonly stdout: string;
  /** Results as `suite.case result`. */
  readonly results: readonly string[];
  /** The innermost action that failed. */
  readonly failedIn: string | undefined;
  readonly error: { readonly error_type: string; readonly error_msg: string } | undefined;
  /** Whether the board still has power. */
  readonly powered: boolean;
  /** What the job left in the folders that TFTP and NFS serve. */
  readonly left: readonly string[];
  readonly line: readonly LineEvent[];
}

interface BenchOptions {
  readonly fastboot?: boolean;
  readonly firmware?: string | undefined;
  readonly more?: Readonly<Record<string, { readonly content: Uint8Array }>>;
}

type Board = Awaited<ReturnType<typeof openBoard>>;

const listens = (path: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });

/** What a boot block says of logging in on this board. */
export const login = {
  auto_login: { login_prompt: "login:", username: "root" },
  prompts: ["root@board:(.*)# "],
};

/** Runs the built command against the virtual board, and lets tests break things on the way. */
export class BoardBench {
  readonly #stop: () => void;
  readonly #http: number;

  private constructor(
    readonly board: Board,
    stop: () => void,
    http: number,
  ) {
    this.#stop = stop;
    this.#http = http;
  }

  /** `fastboot`: the board has it, from the U-Boot that is given as `firmware` or from a stand-in. `more` are files to serve, by name. */
  static async open({ fastboot = false, firmware, more = {} }: BenchOptions = {}): Promise<BoardBench> {
    const { folder: _, ...paths } = files as Record<string, string>;
    const flash = fastboot ? Object.values(await prepareFlashImages(files)) : [];
    const own = [...Object.values(paths), ...flash].map((path) => [basename(path), path]);
    const served = { ...Object.fromEntries(own), ...more };
    const board = await openBoard({ programs, firmware, ...(fastboot ? { fastboot: 0 } : {}) });
    const port = 20_000 + (process.pid % 20_000);
    return new BoardBench(board, await serve(served, port), port);
  }

  url = (name: string): string => `http://127.0.0.1:${this.#http}/${name}`;

  #blocks({ commands = "ramdisk", deploy = {}, boot = {} }: BoardJob): readonly object[] {
    return [
      {
        deploy: {
          to: "tftp",
          os: "oe",
          kernel: { url: this.url("Image"), type: "image" },
          ramdisk: { url: this.url("initramfs.cpio.gz"), compression: "gz" },
          dtb: { url: this.url("virt.dtb") },
          ...deploy,
        },
      },
      { boot: { method: "u-boot", commands, ...login, ...boot } },
    ];
  }

  #job(job: BoardJob): object {
    const { blocks = this.#blocks(job), steps, actionSeconds = {} } = job;
    const limits = Object.entries(actionSeconds).map(([name, seconds]) => [name, { seconds }]);
    return {
      job_name: "board",
      device_type: "virtual-board",
      visibility: "public",
      timeouts: { job: { minutes: 3 }, action: { minutes: 1 }, actions: Object.fromEntries(limits) },
      actions: [
        ...blocks,
        {
          test: {
            definitions: [
              {
                from: "inline",
                name: "board",
                path: "board.yaml",
                repository: {
                  metadata: { format: "Lava-Test Test Definition 1.0", name: "board", description: "x" },
                  run: { steps: steps ?? ["lava-test-case arch --shell test $(uname -m) = aarch64"] },
                },
              },
            ],
          },
        },
      ],
    };
  }

  #dictionary({ actionSeconds = {}, connectionSeconds = {}, device = {} }: BoardJob): string {
    const limits = (of: Readonly<Record<string, number>>) =>
      Object.fromEntries(Object.entries(of).map(([name, seconds]) => [name, { seconds }]));
    const { console, qmpSocket, start } = this.board;
    const variables = {
      connection: { driver: "telnet", host: "127.0.0.1", port: console.port, protocol: "raw" },
      power: { driver: "qmp", socket: qmpSocket, start: [start], reset: "restart" },
      action_timeouts: limits(actionSeconds),
      connection_timeouts: limits(connectionSeconds),
      ...device,
    };
    const sets = Object.entries(variables).map(([name, value]) => `{% set ${name} = ${JSON.stringify(value)} %}`);
    return ["{% extends 'virtual-board.jinja2' %}", ...sets, ""].join("\n");
  }

  /** Runs a job. `onLine` sees each line it prints, once each, and may break something. */
  async run(job: BoardJob, onLine: (line: string, bench: BoardBench) => void = () => {}): Promise<BoardRun> {
    const scratch = mkdtempSync(join(this.board.folder, "run-"));
    const paths = {
      job: join(scratch, "job.yaml"),
      device: join(scratch, "device.jinja2"),
      output: join(scratch, "out"),
    };
    mkdirSync(join(scratch, "tmp"));
    writeFileSync(paths.job, JSON.stringify(this.#job(job)));
    writeFileSync(paths.device, this.#dictionary(job));
    const line: LineEvent[] = [];
    this.board.console.setListener((kind: LineEvent["kind"], text: string) => line.push({ kind, text }));
    const argv = ["run", paths.job, "--device", paths.device, "--config", this.board.config, "--output", paths.output];
    const child = spawn(process.execPath, [bin, ...argv, "--plain"], {
      env: { ...process.env, TMPDIR: join(scratch, "tmp"), NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let partial = "";
    const hear = (data: Buffer): void => {
      stdout += data;
      const lines = (partial + data).split("\n");
      partial = lines.pop() ?? "";
      for (const text of lines) onLine(text, this);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const status = await new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    return { status, stdout, line, ...(await this.#findings(paths.output)) };
  }

  async #findings(output: string) {
    const path = join(output, "output.yaml");
    const log = existsSync(path)
      ? (readYamlFast(readFileSync(path, "utf8")) as { readonly lvl: string; readonly msg: Record<string, string> }[])
      : [];
    const results = log.filter(({ lvl }) => lvl === "results").map(({ msg }) => msg);
    // a test definition and the kernel's messages have results of their own before the action they came in
    const failed = results.find(
      (msg) => msg.definition === "lava" && msg.result === "fail" && !/^(\d+_|kernel-messages$)/.test(msg.case ?? ""),
    );
    const error = results.find((msg) => msg.case === "job" && msg.error_type !== undefined);
    return {
      results: results.map((msg) => `${msg.definition}.${msg.case} ${msg.result}`),
      failedIn: failed?.case,
      error: error as BoardRun["error"],
      powered: await listens(this.board.qmpSocket),
      left: [...readdirSync(this.board.tftpRoot), ...readdirSync(this.board.jobs)],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop();
    await this.board[Symbol.asyncDispose]();
  }
}
