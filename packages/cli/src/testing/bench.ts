import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { main } from "../main.js";

/** Commands that know `--plugin`. */
const usesPlugins = new Set(["run", "plan", "validate", "schema"]);
const plugin = fileURLToPath(new URL("../../fixtures/fake-board", import.meta.url));

/** A folder with a job and a device of the fake board, and the command run in it. */
export interface Bench extends Disposable {
  readonly folder: string;
  write(name: string, content: unknown): string;
  /** Runs `basalt` in the folder. */
  run(...argv: readonly string[]): RunningCommand;
  /** What was done to the board's power, in order. */
  power(): readonly string[];
}

export interface RunningCommand {
  /** The exit status. */
  readonly status: Promise<number>;
  readonly out: () => string;
  readonly err: () => string;
  /** Resolves when the output holds the text. */
  until(text: string): Promise<void>;
  signal(name: string): void;
  fatal(error: unknown): void;
  /** Exit status of {@link Io.kill}, if it was called. */
  readonly killed: () => number | undefined;
}

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
}

export function openBench({ env = {}, terminal }: { env?: Record<string, string>; terminal?: Terminal } = {}): Bench {
  const folder = mkdtempSync(join(tmpdir(), "basalt-cli-"));
  const powerLog = join(folder, "power.log");
  const write = (name: string, content: unknown): string => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
    return join(folder, name);
  };
  write("device.yaml", {
    hostname: "fake01",
    devicetype: "fake",
    constants: {},
    parameters: {},
    power: { driver: "fake-outlet", file: powerLog },
    actions: { boot: { methods: { fake: null } } },
    timeouts: { actions: {}, connections: {} },
  });
  return {
    folder,
    write,
    run: (...argv) =>
      start([...argv, ...(usesPlugins.has(argv[0] ?? "") ? ["--plugin", plugin] : [])], {
        folder,
        env,
        terminal,
      }),
    power: () => (existsSync(powerLog) ? readFileSync(powerLog, "utf8").trim().split("\n") : []),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

interface Start {
  readonly folder: string;
  readonly env: Record<string, string>;
  readonly terminal: Terminal | undefined;
}

function start(argv: readonly string[], { folder, env, terminal }: Start): RunningCommand {
  const text = { out: "", err: "" };
  const waiting = new Set<() => void>();
  const onSignal = new Set<(signal: string) => void>();
  const onFatal = new Set<(error: unknown) => void>();
  let killed: number | undefined;
  const stream = (to: "out" | "err") => ({
    isTTY: terminal !== undefined,
    ...terminal,
    write(more: string) {
      text[to] += more;
      for (const look of [...waiting]) look();
    },
  });
  const listen =
    <T>(set: Set<T>) =>
    (handler: T) => {
      set.add(handler);
      return () => void set.delete(handler);
    };
  const status = main(argv, {
    stdout: stream("out"),
    stderr: stream("err"),
    env: { LANG: "C.UTF-8", ...env },
    cwd: folder,
    onSignal: listen(onSignal),
    onFatal: listen(onFatal),
    kill(code) {
      killed = code;
    },
  });
  return {
    status,
    out: () => text.out,
    err: () => text.err,
    killed: () => killed,
    signal: (name) => [...onSignal].forEach((handler) => void handler(name)),
    fatal: (error) => [...onFatal].forEach((handler) => void handler(error)),
    until: (wanted) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!(text.out + text.err).includes(wanted)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
        void status.then((code) =>
          reject(new Error(`ended with ${code} before '${wanted}':\n${text.out}\n${text.err}`)),
        );
      }),
  };
}

/** A job of one block of the fake board. */
export const fakeJob = (steps: readonly object[], more: object = {}, block: object = {}): object => ({
  job_name: "a job",
  device_type: "fake",
  visibility: "public",
  timeouts: { job: { minutes: 5 }, actions: { finalize: { seconds: 1 } } },
  actions: [{ boot: { method: "fake", steps, ...block } }],
  ...more,
});
