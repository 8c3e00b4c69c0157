import {
  type ActionContext,
  type Console,
  type ConsoleMatch,
  jobError,
  type KernelMessage,
  kernelPatterns,
  type Pattern,
  readKernelMessage,
} from "@basalt/core";

/** Waits on a console with an eye on the kernel: panics end the wait, lesser messages are noted. */
export interface KernelScan {
  /** Like the console's own `expect`. @throws ERR_KERNEL_PANIC (job) as soon as a fatal message begins, besides */
  expect(
    console: Console,
    patterns: readonly Pattern[],
    options: { readonly signal: AbortSignal; readonly timeoutMs?: number },
  ): Promise<ConsoleMatch>;
  /** Reports what was noted as the result `lava.kernel-messages`; nothing where there was nothing. */
  report(): void;
}

/** Makes a scan for one action (lava-dispatcher.md 3.10). Disabled by a block's `ignore_kernel_messages`. */
export function scanKernelMessages({
  enabled,
  ctx,
}: {
  readonly enabled: boolean;
  readonly ctx: ActionContext;
}): KernelScan {
  const noted: KernelMessage[] = [];
  const watched = enabled ? kernelPatterns : [];
  return {
    async expect(console, patterns, options) {
      for (;;) {
        const hit = await console.expect([...watched, ...patterns], options);
        if (hit.index >= watched.length) return { ...hit, index: hit.index - watched.length };
        const message = await readKernelMessage(console, hit, { signal: options.signal, keep: patterns });
        if (!message) continue;
        noted.push(message);
        if (message.fatal)
          throw jobError("ERR_KERNEL_PANIC", `the kernel died (${message.kind}): ${message.message.split("\n")[0]}`, {
            details: { kind: message.kind, message: message.message },
          });
        ctx.log.warning(`kernel ${message.kind}: ${message.message.split("\n")[0]}`);
      }
    },
    report() {
      if (noted.length === 0) return;
      ctx.report({
        definition: "lava",
        case: "kernel-messages",
        result: noted.some(({ fatal }) => fatal) ? "fail" : "pass",
        namespace: ctx.namespace,
        level: ctx.level,
        extra: { extra: noted.map(({ kind, message }) => ({ kind, message })) },
      });
    },
  };
}
