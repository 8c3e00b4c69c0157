import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type ConnectionTransport, systemClock } from "@basalt/core";
import { FakePower, type Load } from "../fakes/fake-power.js";
import type { BoardFault, BoardPhase, SimulatedBoardOptions } from "./board-options.js";
import { type BoardShell, killBoard, prepareDisk, startBoardShell } from "./board-shell.js";
import { kernelLog, kernelPanic } from "./kernel-log.js";
import { kernelNoise } from "./noise.js";
import { findPrivateRoot, type PrivateRoot } from "./private-root.js";
import { runUBoot } from "./u-boot.js";
import { Uart, untilAbort } from "./uart.js";

type Down = "reboot" | "poweroff";
let boards = 0;

/**
 * A board at the far end of a virtual serial line: firmware, kernel log, login, and a real /bin/sh whose root folder is a scratch folder.
 * It does what a board does when its power is switched, keeps its disk over a power cycle, and can be made to fail.
 */
export class SimulatedBoard implements Load, AsyncDisposable {
  /** The outlet it hangs on. */
  readonly power: FakePower;
  /** Command lines that the firmware was given, in order. */
  readonly commands: string[] = [];
  readonly #options: SimulatedBoardOptions;
  readonly #uart = new Uart();
  readonly #clock: Clock;
  readonly #id = `${process.pid}-${++boards}`;
  readonly #privateRoot: () => Promise<PrivateRoot>;
  #disk: Promise<string> | undefined;
  #boots = 0;
  #phase: BoardPhase | "off" = "off";
  #supply = new AbortController();
  #running: Promise<void> = Promise.resolve();

  /** @param privateRoot how the shell is kept off this machine's root folder; the best way that works here if absent */
  constructor(options: SimulatedBoardOptions = {}, privateRoot: () => Promise<PrivateRoot> = findPrivateRoot) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#privateRoot = privateRoot;
    this.power = new FakePower({ load: this });
  }

  get phase(): BoardPhase | "off" {
    return this.#phase;
  }

  /** How often it has started, resets and reboots counted. */
  get boots(): number {
    return this.#boots;
  }

  /** Whether a console is open. */
  get connected(): boolean {
    return this.#uart.plugged;
  }

  /** Plugs a line into its serial port. */
  connect(): ConnectionTransport {
    return this.#uart.connect();
  }

  /** The folder that is its disk: `/lava-42` of the board is `<disk>/lava-42` here. Made when first asked for. */
  disk(): Promise<string> {
    this.#disk ??= (async () => {
      const folder = await mkdtemp(join(tmpdir(), "basalt-board-"));
      await prepareDisk(folder, this.#options.drives ?? []);
      return folder;
    })();
    return this.#disk;
  }

  powerOn(): void {
    this.#supply = new AbortController();
    const { signal } = this.#supply;
    this.#uart.discard();
    this.#running = this.#run(signal).catch((error: unknown) => {
      if (!signal.aborted) this.#uart.send(`\r\nthe simulated board broke: ${String(error)}\r\n`);
    });
  }

  powerOff(): void {
    this.#phase = "off";
    this.#supply.abort(new Error("power off"));
    killBoard(this.#id);
  }

  /** Switches it off and removes its disk. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.powerOff();
    await this.#running;
    this.#uart.drop();
    const disk = this.#disk;
    this.#disk = undefined;
    if (disk) await rm(await disk, { recursive: true, force: true });
  }

  async #run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const ending = await this.#boot(signal);
      this.#print(ending === "reboot" ? "reboot: Restarting system" : "reboot: Power down");
      this.#options.onDown?.(ending);
      if (ending !== "reboot") await untilAbort(signal);
    }
  }

  async #boot(signal: AbortSignal): Promise<Down> {
    const { arch = "arm64", login = {}, kernelCommandLine = "console=ttyAMA0" } = this.#options;
    this.#boots++;
    await this.#enter("power-on", signal);
    let commandLine = kernelCommandLine;
    if ((this.#options.firmware ?? "u-boot") === "u-boot") commandLine = await this.#firmware(signal);
    await this.#enter("kernel", signal);
    await this.#kernel(commandLine, signal);
    for (;;) {
      if (login !== false) {
        await this.#enter("login", signal);
        await this.#login(signal);
      }
      await this.#enter("shell", signal);
      const ending = await this.#shell(signal);
      if (ending !== "exit") return ending;
      // an initramfs whose init ends takes the kernel with it
      if (login === false) await this.#panic("Attempted to kill init! exitcode=0x00000000", arch, signal);
    }
  }

  #fault<K extends BoardFault["kind"]>(kind: K, at?: BoardPhase): Extract<BoardFault, { kind: K }> | undefined {
    return this.#options.faults?.find(
      (fault): fault is Extract<BoardFault, { kind: K }> =>
        fault.kind === kind &&
        (at === undefined || ("at" in fault && fault.at === at)) &&
        this.#boots <= (fault.boots ?? Number.POSITIVE_INFINITY),
    );
  }

  #print(...lines: readonly string[]): void {
    for (const line of lines) this.#uart.send(`${line}\r\n`);
  }

  async #enter(phase: BoardPhase, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#phase = phase;
    if (this.#fault("drop-console", phase)) this.#uart.drop();
    const hangsLater = phase === "firmware" || phase === "kernel";
    if (this.#fault("hang", phase) && !hangsLater) await untilAbort(signal);
  }

  async #firmware(signal: AbortSignal): Promise<string> {
    await this.#enter("firmware", signal);
    const { firmwarePrompt = "=> ", autobootMs = 1_000, tftp = () => 1 << 20, kernelCommandLine } = this.#options;
    return runUBoot(
      {
        uart: this.#uart,
        clock: this.#clock,
        prompt: firmwarePrompt,
        autobootMs,
        tftp,
        ignoreKeys: this.#fault("ignore-keys") !== undefined,
        hang: this.#fault("hang", "firmware") !== undefined,
        bootArgs: kernelCommandLine ?? "console=ttyAMA0",
        onCommand: (line) => this.commands.push(line),
      },
      signal,
    );
  }

  async #kernel(commandLine: string, signal: AbortSignal): Promise<void> {
    const { arch = "arm64", kernelLineMs = 0 } = this.#options;
    const lines = kernelLog({ arch, commandLine });
    for (const [i, line] of lines.entries()) {
      if (kernelLineMs > 0) await this.#clock.sleep(kernelLineMs, { signal });
      this.#print(line);
      if (i !== Math.floor(lines.length / 2)) continue;
      if (this.#fault("hang", "kernel")) await untilAbort(signal);
      if (this.#fault("panic", "kernel"))
        await this.#panic("VFS: Unable to mount root fs on unknown-block(0,0)", arch, signal);
    }
  }

  async #panic(reason: string, arch: "arm64" | "amd64", signal: AbortSignal): Promise<never> {
    this.#print(...kernelPanic(reason, arch));
    return untilAbort(signal);
  }

  async #login(signal: AbortSignal): Promise<void> {
    const { arch = "arm64", hostname = "basalt", login } = this.#options;
    const { username = "root", password, motd } = login || {};
    if (this.#fault("panic", "login")) await this.#panic("Attempted to kill init! exitcode=0x00000100", arch, signal);
    const uart = this.#uart;
    for (;;) {
      uart.send(`\r\nDebian GNU/Linux 12 ${hostname} ttyAMA0\r\n\r\n${hostname} login: `);
      const user = await uart.readLine(signal);
      if (!user) continue;
      let word: string | undefined;
      if (password !== undefined) {
        uart.send("Password: ");
        word = await uart.readLine(signal, { echo: false });
        uart.send("\r\n");
      }
      if (user === username && word === password) break;
      uart.send("\r\nLogin incorrect\r\n");
    }
    if (motd !== undefined) this.#print(...motd.split(/\r?\n/));
  }

  async #shell(signal: AbortSignal): Promise<Down | "exit"> {
    const { arch = "arm64", hostname = "basalt", noise, shellPrompt = `root@${hostname}:~# ` } = this.#options;
    const panic = this.#fault("panic", "shell");
    const noisy = noise ? kernelNoise(noise) : (bytes: Uint8Array) => bytes;
    let shell: BoardShell | undefined;
    let muted = false;
    const opened = await startBoardShell({
      root: await this.disk(),
      id: this.#id,
      prompt: this.#fault("wrong-prompt")?.prompt ?? shellPrompt,
      privateRoot: await this.#privateRoot(),
      onOutput: (bytes) => {
        if (!muted && !signal.aborted) this.#uart.send(noisy(bytes));
      },
    });
    shell = opened;
    let linesLeft = panic?.afterLines ?? 1;
    const { promise: died, resolve: die } = withResolvers<"panic">();
    const release = this.#uart.divert((bytes) => {
      for (const byte of bytes) if (panic && (byte === 10 || byte === 13) && --linesLeft === 0) die("panic");
      shell?.write(bytes);
    });
    try {
      const ending = await Promise.race([opened.ended, died, untilAbort(signal)]);
      if (ending !== "panic") return ending;
      muted = true;
      return await this.#panic("Fatal exception in interrupt", arch, signal);
    } finally {
      release();
      muted = true;
      opened.kill();
    }
  }
}

function withResolvers<T>(): { readonly promise: Promise<T>; resolve(value: T): void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
