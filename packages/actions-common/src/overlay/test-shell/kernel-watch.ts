import {
  type ActionContext,
  type ConsoleMatch,
  jobError,
  type KernelMessage,
  kernelMessages,
  type Pattern,
  readKernelMessage,
} from "@basalt/core";
import type { Session } from "../../slots.js";

const fatal = kernelMessages.flatMap((row, index) => (row.fatal ? [{ index, start: row.start }] : []));

/** What shows that a device died or started again: patterns to wait for beside the test's own. */
export const fatalKernelPatterns: readonly Pattern[] = fatal.map(({ start }) => start);

/** How long the rest of a message may take, and how long the line must then stay silent, for the device to be taken for dead. */
const messageMs = 1000;
const silenceMs = 700;

/** A test that prints an old kernel log looks like a panic, but goes on: only silence after it proves one. */
export class KernelWatch {
  #suspect: { readonly message: KernelMessage; readonly endsAt: number } | undefined;

  constructor(
    private readonly session: Session,
    private readonly ctx: ActionContext,
  ) {}

  /** Milliseconds until a suspicion becomes a fact; undefined where there is none. */
  get leftMs(): number | undefined {
    return this.#suspect === undefined ? undefined : Math.max(1, this.#suspect.endsAt - this.ctx.clock.monotonic());
  }

  /** Takes a match of `fatalKernelPatterns[index]`. `keep` is what the test itself may say. */
  async take(index: number, { text }: ConsoleMatch, keep: readonly (string | Pattern)[]): Promise<void> {
    const row = fatal[index];
    if (row === undefined || this.#suspect !== undefined) return;
    const { clock, signal } = this.ctx;
    const message = await readKernelMessage(
      this.session.console,
      { index: row.index, text },
      { signal, clock, withinMs: messageMs, keep },
    );
    if (message) this.#suspect = { message, endsAt: clock.monotonic() + silenceMs };
  }

  /** The test said something: the device lives. */
  clear(): void {
    if (this.#suspect)
      this.ctx.log.warning(`'${firstLine(this.#suspect.message)}' was not this device's end: the test goes on`);
    this.#suspect = undefined;
  }

  /** The line was silent. @throws ERR_KERNEL_PANIC (job) where the device is dead */
  judge(): void {
    if (!this.#suspect || this.#suspect.endsAt > this.ctx.clock.monotonic()) return;
    const { kind, message, complete } = this.#suspect.message;
    this.ctx.report({
      definition: "lava",
      case: "kernel-messages",
      result: "fail",
      level: this.ctx.level,
      extra: { extra: [{ kind, message }] },
    });
    throw jobError(
      "ERR_KERNEL_PANIC",
      `the device's kernel gave up during the test: ${firstLine(this.#suspect.message)}`,
      {
        details: { kind },
        // a kernel that means to reboot says so and prints no end: a board that logs in by itself may then find its tests again
        ...(kind === "panic" && complete ? { noRetry: "only a new boot wakes this kernel" } : {}),
      },
    );
  }
}

const firstLine = ({ message }: KernelMessage): string => message.split("\n", 1)[0] ?? message;
