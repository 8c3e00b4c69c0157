import type { ConnectionTransport } from "@basalt/core";
import { FakePower, type Load } from "../fakes/fake-power.js";
import { virtualSerial } from "../serial/virtual-serial.js";

/** A step of a board's script: text that it prints, keys that it waits for, or the end of its line. */
export type ScriptStep = { readonly say: string } | { readonly hear: string } | "unplug";

/**
 * A board that plays a script each time it gets power: for bootloaders whose talk matters more than their work. What comes after the
 * script is silence. Scripts by boot, the last one again for all further boots.
 */
export class ScriptedBoard implements Load {
  /** The outlet it hangs on. */
  readonly power = new FakePower({ load: this });
  /** How often it got power. */
  boots = 0;
  /** How often its console was opened. */
  connections = 0;
  #typed = "";
  #heard = 0;
  #line: ReturnType<typeof virtualSerial> | undefined;
  #out: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #script: ScriptStep[] = [];
  readonly #scripts: readonly (readonly ScriptStep[])[];

  constructor(...scripts: readonly (readonly ScriptStep[])[]) {
    this.#scripts = scripts;
  }

  /** All that was typed, as one text. */
  get typed(): string {
    return this.#typed;
  }

  /** Opens its console. */
  connect(): ConnectionTransport {
    this.connections++;
    this.#line = virtualSerial();
    this.#out = this.#line.dut.writable.getWriter();
    void this.#listen(this.#line.dut.readable);
    return this.#line.host;
  }

  powerOn(): void {
    this.#script = [...(this.#scripts[Math.min(this.boots, this.#scripts.length - 1)] ?? [])];
    this.boots++;
    this.#heard = this.#typed.length;
    this.#play();
  }

  powerOff(): void {
    this.#script = [];
  }

  /** Pulls the cable. */
  unplug(): void {
    this.#line?.unplug();
  }

  async #listen(readable: ReadableStream<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    for await (const bytes of readable as unknown as AsyncIterable<Uint8Array>) {
      this.#typed += decoder.decode(bytes, { stream: true });
      this.#play();
    }
  }

  #play(): void {
    for (let step = this.#script[0]; step !== undefined; step = this.#script[0]) {
      if (step === "unplug") this.unplug();
      else if ("say" in step) void this.#out?.write(new TextEncoder().encode(step.say)).catch(() => {});
      else {
        const at = this.#typed.indexOf(step.hear, this.#heard);
        if (at < 0) return;
        this.#heard = at + step.hear.length;
      }
      this.#script.shift();
    }
  }
}

/** A script: each command is answered by its text and the prompt, as a bootloader's shell does. */
export const shellScript = (prompt: string, commands: Readonly<Record<string, string>>): readonly ScriptStep[] => [
  { say: prompt },
  ...Object.entries(commands).flatMap(([command, answer]) => [
    { hear: command },
    { say: `${command}\r\n${answer}\r\n${prompt}` },
  ]),
];

/** A board that is up whatever its outlet says, and plays a script each time its console is opened: for lines over USB, second consoles. */
export class TalkativeBoard {
  readonly power = new FakePower();
  readonly #far: ScriptedBoard;

  constructor(...scripts: readonly (readonly ScriptStep[])[]) {
    this.#far = new ScriptedBoard(...scripts);
  }

  /** How often its console was opened. */
  get boots(): number {
    return this.#far.boots;
  }

  get typed(): string {
    return this.#far.typed;
  }

  connect(): ConnectionTransport {
    const line = this.#far.connect();
    this.#far.powerOn();
    return line;
  }
}
