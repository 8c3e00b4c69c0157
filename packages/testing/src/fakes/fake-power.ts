import { infrastructureError, type Power, type PowerOptions } from "@basalt/core";

export type PowerCall = "on" | "off" | "reset";

/** What is powered: told of each change of its supply. */
export interface Load {
  powerOn(): void;
  powerOff(): void;
}

export interface FakePowerOptions {
  /** What hangs on the outlet. */
  readonly load?: Load;
  /** Asked before each call: an error to fail with, or a promise to wait for. */
  before?(call: PowerCall, nth: number): Promise<void> | Error | undefined;
}

/** Power that switches nothing but its load, and remembers what it was asked to do. */
export class FakePower implements Power {
  /** All calls, in order. */
  readonly calls: PowerCall[] = [];
  readonly #options: FakePowerOptions;
  #isOn = false;

  constructor(options: FakePowerOptions = {}) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  on(options: PowerOptions): Promise<void> {
    return this.#call("on", options, () => this.#switch(true));
  }

  off(options: PowerOptions): Promise<void> {
    return this.#call("off", options, () => this.#switch(false));
  }

  reset(options: PowerOptions): Promise<void> {
    return this.#call("reset", options, () => {
      this.#switch(false);
      this.#switch(true);
    });
  }

  async state(): Promise<"on" | "off"> {
    return this.#isOn ? "on" : "off";
  }

  async #call(call: PowerCall, { signal }: PowerOptions, act: () => void): Promise<void> {
    signal.throwIfAborted();
    this.calls.push(call);
    const answer = this.#options.before?.(call, this.calls.filter((c) => c === call).length);
    if (answer instanceof Error) throw answer;
    await answer;
    act();
  }

  #switch(on: boolean): void {
    if (on === this.#isOn) return;
    this.#isOn = on;
    if (on) this.#options.load?.powerOn();
    else this.#options.load?.powerOff();
  }
}

/** An outlet that answers every call with an error. */
export const brokenOutlet = (call: PowerCall): Error =>
  infrastructureError("ERR_POWER_REFUSED", `the outlet refused to switch ${call}`);
