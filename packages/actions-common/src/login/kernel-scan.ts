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

/** Characters before a panic that are looked at for its reason. */
const keptLength = 16_384;

/** What kernels and their initramfs say when the root file system can't be mounted, most telling first. */
const rootTrouble = [
  /Root-NFS: .*/,
  /mount(?:ing)?[^\n]*?:\/[^\n]*failed[^\n]*/,
  /nfs: server \S+ (?:not responding|returned error)[^\n]*/i,
  /VFS: Unable to mount root fs[^\n]*/,
];

/**
 * Why the kernel died, where it could not mount its root: the lines before a panic tell, the panic itself often does not. It stays the
 * job's fault, as LAVA has it (lava-dispatcher.md 3.10): the job may have named the server itself (`persistent_nfs`).
 */
function rootHint(before: string): string {
  const said = rootTrouble.map((pattern) => pattern.exec(before)?.[0].replaceAll("\r", "").trim()).find(Boolean);
  if (said === undefined) return "";
  const check = /nfs|:\//i.test(said)
    ? "the NFS root could not be mounted; check that the server exports this path to the board"
    : "the root file system could not be mounted; check root= of the kernel's command line and what was deployed there";
  return `; before that it said '${said}': ${check}`;
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
  let before = "";
  return {
    async expect(console, patterns, options) {
      for (;;) {
        const hit = await console.expect([...watched, ...patterns], options);
        before = (before + hit.before + hit.text).slice(-keptLength);
        if (hit.index >= watched.length) return { ...hit, index: hit.index - watched.length };
        const message = await readKernelMessage(console, hit, { signal: options.signal, keep: patterns });
        if (!message) continue;
        noted.push(message);
        if (message.fatal)
          throw jobError(
            "ERR_KERNEL_PANIC",
            `the kernel died (${message.kind}): ${message.message.split("\n")[0]}${rootHint(before + message.message)}`,
            { details: { kind: message.kind, message: message.message } },
          );
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
