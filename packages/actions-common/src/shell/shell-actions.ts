import { DispatcherToken, defineAction, optional } from "@basalt/core";
import { runInShell, sendLine, waitForPrompt } from "../session.js";
import { DeploymentDataSlot, SessionSlot } from "../slots.js";

/** Asks the shell for a prompt, so that what follows starts from one. */
export const expectShellConnection = defineAction({
  name: "expect-shell-connection",
  summary: "wait for the shell's prompt",
  reads: { session: SessionSlot },
  async run({ session }, ctx) {
    ctx.log.debug(`looking for a prompt: ${session.prompts.join(", ")}`);
    await sendLine(session, "", ctx);
    await waitForPrompt(session, ctx);
  },
});

const shellQuoted = (value: string): string => `'${value.replaceAll("'", "'\\''")}'`;

/** Exports the worker's `env-dut` variables and what the dispatcher found out in the device's shell, and for shells to come. */
export const exportDeviceEnv = defineAction({
  name: "export-device-env",
  summary: "export the lab's variables in the device's shell",
  reads: { session: SessionSlot, data: optional(DeploymentDataSlot) },
  needs: { dispatcher: DispatcherToken },
  async run({ session, data, dispatcher }, ctx) {
    const variables = [...Object.entries(dispatcher.environmentForDevice), ...ctx.job.dynamicData];
    if (variables.length === 0) return;
    const file = data?.lava_test_shell_file === undefined ? "~/.bashrc" : data.lava_test_shell_file;
    for (const [name, value] of variables) {
      const line = `export ${name}=${shellQuoted(value)}`;
      await runInShell(session, file === null ? line : `echo ${shellQuoted(line)} >> ${file}`, ctx);
    }
    if (file !== null) await runInShell(session, `. ${file}`, ctx);
  },
});
