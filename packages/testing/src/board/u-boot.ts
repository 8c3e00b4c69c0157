import type { Clock } from "@basalt/core";
import { type Uart, untilAbort } from "./uart.js";

export interface UBootOptions {
  readonly uart: Uart;
  readonly clock: Clock;
  readonly prompt: string;
  readonly autobootMs: number;
  readonly ignoreKeys: boolean;
  /** Prints the prompt, and then nothing more. */
  readonly hang: boolean;
  readonly bootArgs: string;
  readonly tftp: (file: string) => number | undefined;
  /** Told of each command line. */
  onCommand(line: string): void;
}

const banner = [
  "",
  "",
  "U-Boot 2023.01+dfsg-2+deb12u1 (Nov 01 2024 - 10:00:00 +0000)",
  "",
  "DRAM:  512 MiB",
  "Core:  51 devices, 14 uclasses, devicetree: board",
  "Flash: 64 MiB",
  "Loading Environment from Flash... OK",
  "In:    pl011@9000000",
  "Out:   pl011@9000000",
  "Err:   pl011@9000000",
  "Net:   eth0: virtio-net#32",
  "",
];

const bootCommands = new Set(["bootm", "booti", "bootz", "bootefi"]);
const hex = (n: number): string => n.toString(16);

/** What a command leads to: the prompt again, the kernel, or a reset. */
type Next = "prompt" | "kernel" | "reset";

class UBootShell {
  readonly #env: Map<string, string>;
  /** Addresses that something was loaded to. */
  readonly #loaded = new Set<string>();
  readonly #options: UBootOptions;

  constructor(options: UBootOptions) {
    this.#options = options;
    this.#env = new Map([
      ["arch", "arm"],
      ["baudrate", "115200"],
      ["bootargs", options.bootArgs],
      ["bootcmd", "tftp 0x40400000 Image; booti 0x40400000 - 0x48000000"],
      ["ethaddr", "52:54:00:77:00:10"],
      ["kernel_addr_r", "0x40400000"],
      ["ramdisk_addr_r", "0x44000000"],
    ]);
  }

  get bootArgs(): string {
    return this.#env.get("bootargs") ?? "";
  }

  #say(...lines: readonly string[]): Next {
    this.#options.uart.send(lines.map((line) => `${line}\r\n`).join(""));
    return "prompt";
  }

  /** Runs a line: commands between semicolons, variables put in. */
  run(line: string): Next {
    for (const part of line.split(";")) {
      const text = part.trim().replace(/\$\{([^}]*)\}|\$(\w+)/g, (_all, a, b) => this.#env.get(a ?? b) ?? "");
      const [command = "", ...args] = text.split(/\s+/).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
      const next = command === "" ? "prompt" : this.#command(command, args, text);
      if (next !== "prompt") return next;
    }
    return "prompt";
  }

  #command(command: string, args: readonly string[], text: string): Next {
    switch (command) {
      case "setenv": {
        const [name = "", ...value] = args;
        const joined = text.replace(/^\S+\s+\S+\s*/, "").replace(/^(["'])(.*)\1$/, "$2");
        if (value.length > 0) this.#env.set(name, joined);
        else this.#env.delete(name);
        return "prompt";
      }
      case "printenv":
        return this.#printenv(args);
      case "echo":
        return this.#say(args.join(" "));
      case "version":
        return this.#say(banner[2] ?? "");
      case "dhcp":
        this.#env.set("ipaddr", "192.168.77.11");
        this.#env.set("serverip", this.#env.get("serverip") ?? "192.168.77.1");
        return this.#say("BOOTP broadcast 1", "DHCP client bound to address 192.168.77.11 (4 ms)");
      case "tftp":
      case "tftpboot":
        return this.#tftp(args);
      case "run":
        return args.map((name) => this.run(this.#env.get(name) ?? "")).find((next) => next !== "prompt") ?? "prompt";
      case "boot":
        return this.run(this.#env.get("bootcmd") ?? "");
      case "reset":
        this.#say("resetting ...");
        return "reset";
    }
    if (bootCommands.has(command)) return this.#boot(command, args);
    return this.#say(`Unknown command '${command}' - try 'help'`);
  }

  #printenv(names: readonly string[]): Next {
    const all = names.length === 0 ? [...this.#env.keys()].sort() : names;
    for (const name of all) {
      const value = this.#env.get(name);
      this.#say(value === undefined ? `## Error: "${name}" not defined` : `${name}=${value}`);
    }
    return "prompt";
  }

  #tftp([address = "", file = ""]: readonly string[]): Next {
    const { serverip = "192.168.77.1", ipaddr } = Object.fromEntries(this.#env);
    if (ipaddr === undefined) return this.#say("*** ERROR: `ipaddr' not set");
    this.#say(
      "Using virtio-net#32 device",
      `TFTP from server ${serverip}; our IP address is ${ipaddr}`,
      `Filename '${file}'.`,
      `Load address: ${address}`,
    );
    const size = this.#options.tftp(file);
    if (size === undefined) return this.#say("Loading: *\b", "TFTP error: 'File not found' (1)", "Not retrying...");
    this.#env.set("filesize", hex(size));
    this.#loaded.add(address);
    const hashes = "#".repeat(Math.min(65, Math.max(1, Math.ceil(size / 65_536))));
    return this.#say(
      `Loading: *\b${hashes}`,
      "\t 38.5 MiB/s",
      "done",
      `Bytes transferred = ${size} (${hex(size)} hex)`,
    );
  }

  #boot(command: string, [kernel = "", ramdisk = "-"]: readonly string[]): Next {
    if (!this.#loaded.has(kernel))
      return this.#say(command === "booti" ? "Bad Linux ARM64 Image magic!" : "Wrong Image Format for bootm command");
    const initrd = ramdisk.split(":")[0] ?? "-";
    if (initrd !== "-" && !this.#loaded.has(initrd)) return this.#say("Ramdisk image is corrupt or invalid");
    this.#say("## Flattened Device Tree blob at 48000000", "", "Starting kernel ...", "");
    return "kernel";
  }
}

/** Whether a key came while autoboot counted down. */
async function interrupted(
  { uart, clock, autobootMs, ignoreKeys }: UBootOptions,
  signal: AbortSignal,
): Promise<boolean> {
  uart.send("Hit any key to stop autoboot:  1 ");
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const key = ignoreKeys ? untilAbort(stop) : uart.readKey(stop);
  const time = clock.sleep(autobootMs, { signal: stop });
  try {
    return await Promise.race([key.then(() => true), time.then(() => false)]);
  } finally {
    done.abort();
    for (const ended of [key, time]) ended.catch(() => {});
    uart.send("\b\b\b 0 \r\n");
  }
}

/** From reset to the kernel: banner, autoboot, a prompt that takes commands. Gives the kernel's command line. */
export async function runUBoot(options: UBootOptions, signal: AbortSignal): Promise<string> {
  const { uart, prompt } = options;
  for (;;) {
    uart.send(banner.join("\r\n"));
    const shell = new UBootShell(options);
    let next: Next = "prompt";
    if (options.hang) {
      uart.send(`Hit any key to stop autoboot:  1 \b\b\b 0 \r\n${prompt}${prompt}${prompt}`);
      await untilAbort(signal);
    }
    if (!(await interrupted(options, signal))) {
      shell.run("dhcp");
      next = shell.run("boot");
    } else uart.send("\r\n");
    while (next === "prompt") {
      uart.send(prompt);
      const line = await uart.readLine(signal);
      if (line === undefined) {
        uart.send("<INTERRUPT>\r\n");
        continue;
      }
      if (line.trim() !== "") options.onCommand(line.trim());
      next = shell.run(line);
    }
    if (next === "kernel") return shell.bootArgs;
    uart.discard();
  }
}
