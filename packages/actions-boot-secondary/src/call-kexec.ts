import { promptPatterns, runInShell, SessionSlot, sendLine } from "@basalt/actions-common";
import { asText, asTexts, defineAction, type JsonObject } from "@basalt/core";

const quoted = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** The command that loads the kernel: `/sbin/kexec --load /home/vmlinux --dtb /home/dtb --reuse-cmdline`. */
export function kexecLoad(params: JsonObject): string {
  const option = (key: string, name: string): readonly string[] => {
    const value = asText(params[key]);
    return value === undefined ? [] : [name, quoted(value)];
  };
  return [
    asText(params.command) ?? "/sbin/kexec",
    ...option("kernel", params.on_panic === true ? "--load-panic" : "--load"),
    ...option("dtb", "--dtb"),
    ...option("initrd", "--initrd"),
    ...asTexts(params.options),
  ].join(" ");
}

/** Checks that the kernel can, loads the new one, starts it and waits for its first message. */
export const callKexec = (params: JsonObject) =>
  defineAction({
    name: "call-kexec",
    summary: "start another kernel from the one that runs",
    reads: { session: SessionSlot },
    async run({ session }, ctx) {
      const config = asText(params["kernel-config"]);
      if (config !== undefined) {
        // a glob, so it is not quoted
        await runInShell(session, `zgrep -i CONFIG_KEXEC ${config} | grep -q '=y'`, ctx);
      }
      await runInShell(session, kexecLoad(params), ctx);
      // what was said before must not count as the new kernel's
      await session.console.discard();
      const start =
        params.on_panic === true ? "echo c > /proc/sysrq-trigger" : `${asText(params.command) ?? "/sbin/kexec"} -e`;
      await sendLine(session, start, ctx);
      const message = asText(params.boot_message) ?? "";
      ctx.log.info(`waiting for the new kernel: ${message}`);
      await session.console.expect(promptPatterns([message]), { signal: ctx.signal });
    },
  });
