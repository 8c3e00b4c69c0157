import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readYamlFast } from "@basalt/core";
import { inlineTest } from "@basalt/testing";

const bin = fileURLToPath(new URL("../../bin/basalt.js", import.meta.url));
const built = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** The guest that `npm run check` and `npm run demo` make: kernel and initramfs. */
function findGuest(): string | undefined {
  const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "basalt", "guest");
  if (!existsSync(cache)) return undefined;
  const made = readdirSync(cache)
    .map((name) => join(cache, name))
    .filter((folder) => existsSync(join(folder, "vmlinuz")) && existsSync(join(folder, "initramfs.cpio.gz")));
  return made.sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs)[0];
}

export const guest = findGuest();

/** Why these tests can't run here; undefined where they can. */
export const missing: string | undefined = !existsSync(built)
  ? "the command is not built (npm run build)"
  : spawnSync("qemu-system-x86_64", ["--version"]).status !== 0
    ? "there is no qemu-system-x86_64"
    : guest === undefined
      ? "there is no guest (node tools/guest.mjs)"
      : undefined;

type Answer = (request: IncomingMessage, response: ServerResponse, path: string) => void;

const wholeFile: Answer = (_request, response, path) => {
  response.writeHead(200, { "content-length": statSync(path).size });
  createReadStream(path).pipe(response);
};

/** The first transfer breaks halfway; the rest is served from where it is asked for. */
export function breaksOnce(): Answer & { readonly ranges: string[] } {
  const ranges: string[] = [];
  const answer: Answer = (request, response, path) => {
    const { size } = statSync(path);
    const etag = '"guest"';
    const { range } = request.headers;
    if (range) {
      ranges.push(range);
      const from = Number(/bytes=(\d+)-/.exec(range)?.[1]);
      response.writeHead(206, {
        etag,
        "content-length": size - from,
        "content-range": `bytes ${from}-${size - 1}/${size}`,
      });
      return void createReadStream(path, { start: from }).pipe(response);
    }
    response.writeHead(200, { etag, "accept-ranges": "bytes", "content-length": size });
    if (request.method === "HEAD") return void response.end();
    createReadStream(path, { end: Math.floor(size / 2) })
      .pipe(response, { end: false })
      .on("unpipe", () => setImmediate(() => response.destroy()));
  };
  return Object.assign(answer, { ranges });
}

/** Sends a beginning and then nothing. */
export const stalls: Answer = (request, response, path) => {
  response.writeHead(200, { "content-length": statSync(path).size });
  if (request.method === "HEAD") return void response.end();
  response.write("beginning");
};

export interface BenchJob {
  /** Kernel arguments beside the console. */
  readonly append?: string;
  readonly console?: string;
  readonly kernel?: Readonly<Record<string, unknown>>;
  readonly boot?: Readonly<Record<string, unknown>>;
  readonly steps?: readonly string[];
  readonly timeouts?: Readonly<Record<string, unknown>>;
}

export interface BenchRun {
  readonly status: number | null;
  readonly stdout: string;
  /** Results as `suite.case result`. */
  readonly results: readonly string[];
  readonly log: readonly { readonly dt: string; readonly lvl: string; readonly msg: unknown }[];
  /** Names in the temporary folder after the run. */
  readonly left: readonly string[];
  /** Command lines of processes that outlived the run. */
  readonly processes: readonly string[];
}

/** Runs the built command on real QEMU: a job, a device, a server for its files, a scratch folder of its own. */
export class QemuBench implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "qemu-e2e-"));
  readonly #server: Server;
  answer: Answer = wholeFile;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<QemuBench> {
    const server = createServer();
    const bench = new QemuBench(server);
    server.on("request", (request, response) => {
      const path = join(guest ?? "", String(request.url).slice(1));
      if (!existsSync(path)) return response.writeHead(404).end("no such file");
      (request.url === "/vmlinuz" ? bench.answer : wholeFile)(request, response, path);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
    return bench;
  }

  url(name: string): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/${name}`;
  }

  sha256(name: string): string {
    return createHash("sha256")
      .update(readFileSync(join(guest ?? "", name)))
      .digest("hex");
  }

  #job({
    append = "",
    console = "console=ttyS0,115200",
    kernel = {},
    boot = {},
    steps = ["lava-test-case hello --result pass"],
    timeouts = {},
  }: BenchJob): object {
    return {
      job_name: "e2e",
      device_type: "qemu",
      visibility: "public",
      timeouts: { job: { minutes: 3 }, action: { minutes: 1 }, ...timeouts },
      context: { arch: "amd64" },
      actions: [
        {
          deploy: {
            to: "tmpfs",
            os: "oe",
            images: {
              kernel: {
                url: this.url("vmlinuz"),
                image_arg: `-kernel {kernel} -append "${console} ${append}"`,
                ...kernel,
              },
              initrd: { url: this.url("initramfs.cpio.gz"), image_arg: "-initrd {initrd}" },
            },
          },
        },
        {
          boot: {
            method: "qemu",
            auto_login: { login_prompt: "login:", username: "root" },
            prompts: ["root@(.*):/#"],
            ...boot,
          },
        },
        {
          test: {
            definitions: [inlineTest("e2e", steps)],
          },
        },
      ],
    };
  }

  /** Runs a job. `onLine` sees each line it prints and may end it with a signal. */
  async run(
    job: BenchJob,
    onLine: (line: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
  ): Promise<BenchRun> {
    const scratch = mkdtempSync(join(this.folder, "run-"));
    const tmp = join(scratch, "tmp");
    mkdirSync(tmp);
    const paths = {
      job: join(scratch, "job.yaml"),
      device: join(scratch, "device.yaml"),
      output: join(scratch, "output"),
    };
    writeFileSync(paths.job, JSON.stringify(this.#job(job)));
    writeFileSync(paths.device, JSON.stringify(device));
    const child = spawn(
      process.execPath,
      [bin, "run", paths.job, "--device", paths.device, "--output", paths.output, "--plain"],
      {
        env: { ...process.env, TMPDIR: tmp, XDG_CACHE_HOME: join(scratch, "cache"), NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    let stdout = "";
    let partial = "";
    const hear = (data: Buffer): void => {
      stdout += data;
      const lines = (partial + data).split("\n");
      partial = lines.pop() ?? "";
      for (const line of lines) onLine(line, (signal) => child.kill(signal));
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    const status = await new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
    const log = existsSync(join(paths.output, "output.yaml"))
      ? (readYamlFast(readFileSync(join(paths.output, "output.yaml"), "utf8")) as BenchRun["log"])
      : [];
    const results = log
      .filter(({ lvl }) => lvl === "results")
      .map(({ msg }) => msg as { definition: string; case: string; result: string });
    return {
      status,
      stdout,
      log,
      results: results.map((result) => `${result.definition}.${result.case} ${result.result}`),
      left: readdirSync(tmp, { recursive: true }).map(String),
      processes: processesOf(scratch),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.folder, { recursive: true });
  }
}

/** Processes whose command line names a folder: those that a run in it started. */
function processesOf(folder: string): readonly string[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
        return line.includes(folder) ? [line] : [];
      } catch {
        return []; // it ended while we looked
      }
    });
}

const device = {
  hostname: "e2e-01",
  devicetype: "qemu",
  constants: {
    "kernel-start-message": "Linux version [0-9]",
    posix: { lava_test_sh_cmd: "/bin/sh", lava_test_results_dir: "/lava-%s", lava_test_shell_file: null },
  },
  parameters: {},
  actions: {
    deploy: {
      connections: { serial: null },
      methods: { image: { parameters: { guest: { interface: "virtio", driveid: "lavatest", size: 16 } } } },
    },
    boot: {
      connections: { serial: null },
      methods: {
        qemu: {
          parameters: {
            command: "qemu-system-x86_64",
            options: ["-m 256", "-nographic", "-nic none", "-monitor none", "-no-reboot"],
          },
        },
      },
    },
  },
  timeouts: { actions: {}, connections: {} },
};
