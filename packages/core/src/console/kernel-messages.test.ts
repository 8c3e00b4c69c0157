import { expect, test } from "vitest";
import { Console } from "./console.js";
import { kernelMessages, kernelPatterns, readKernelMessage } from "./kernel-messages.js";

function board() {
  let device!: ReadableStreamDefaultController<Uint8Array>;
  const readable = new ReadableStream<Uint8Array>({
    start: (controller) => {
      device = controller;
    },
  });
  const console = new Console({ readable, writable: new WritableStream() });
  return { console, say: (text: string) => device.enqueue(new TextEncoder().encode(text.replaceAll("\n", "\r\n"))) };
}

const { signal } = new AbortController();
const login = "debian login: ";

const messages = [
  [
    "warning",
    `[   12.345678] ------------[ cut here ]------------
[   12.345680] WARNING: CPU: 1 PID: 42 at drivers/usb/core/urb.c:503 usb_submit_urb+0x4c4/0x5c0
[   12.345690] Modules linked in: snd_hda_intel
[   12.345700] ---[ end trace 0000000000000000 ]---
`,
  ],
  [
    "oops",
    `[    3.1] ------------[ cut here ]------------
[    3.2] Internal error: Oops: 0000000096000004 [#1] SMP
[    3.3] ---[ end trace 5b2c1f0e ]---
`,
  ],
  [
    "bug",
    "[    3.1] ------------[ cut here ]------------\n[    3.2] kernel BUG at mm/slub.c:379!\n[    3.3] ---[ end trace 5b2c1f0e ]---\n",
  ],
  [
    "unknown",
    "[    3.1] ------------[ cut here ]------------\n[    3.2] refcount_t: underflow; use-after-free.\n[    3.3] ---[ end trace 5b2c1f0e ]---\n",
  ],
  ["fault", "[    1.0] Unhandled fault: imprecise external abort (0x1406) at 0xb6f3b000\n"],
  [
    "kcsan",
    `[   30.1] BUG: KCSAN: data-race in tick_nohz_next_event / update_process_times\n[   30.2] value changed: 0x1\n[   30.3] ${"=".repeat(66)}\n`,
  ],
  [
    "kasan",
    `[    7.0] BUG: KASAN: slab-out-of-bounds in kmalloc_oob_right+0x159/0x260\n[    7.1] Write of size 1 at addr ffff8800693bc5d3\n[    7.2] ${"=".repeat(66)}\n`,
  ],
  [
    "kfence",
    `[    7.0] BUG: KFENCE: use-after-free read in test_use_after_free_read+0xb3/0x143\n[    7.2] ${"=".repeat(66)}\n`,
  ],
  ["oops", "[    2.0] Internal error: Oops - undefined instruction: 0 [#1] PREEMPT SMP ARM\n"],
  ["oops", "[    2.0] Oops: 0002 [#1] SMP PTI\n"],
  [
    "warning",
    "[    9.0] WARNING: CPU: 0 PID: 1 at kernel/foo.c:12 foo+0x1/0x2\n[    9.1] Call trace:\n[    9.2]  end trace 3d2a ]---\n",
  ],
  ["bug", "[    9.0] BUG: unable to handle page fault for address: ffffffffc0000000\n"],
  ["bug", "[    9.0] kernel BUG at fs/ext4/inode.c:2721!\n"],
  ["invalid opcode", "[    9.0] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI\n"],
  [
    "panic",
    `[    1.7] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)
[    1.8] CPU: 0 PID: 1 Comm: swapper/0 Not tainted 6.1.0-18-amd64 #1
[    1.9] ---[ end Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0) ]---
`,
  ],
  ["DUT_has_reset", "U-Boot SPL 2024.01-rc4 (Jan 02 2024 - 10:00:00 +0000)\n"],
] as const;

test.each(messages)("%s: %s", async (kind, text) => {
  for (const pieces of [[text], Array.from(text)]) {
    const { console, say } = board();
    say("[    0.000000] Linux version 6.1.0-18-amd64\n");
    for (const piece of pieces) say(piece);
    say(login);
    const start = await console.expect([...kernelPatterns, "login:"], { signal });
    const row = kernelMessages[start.index];
    const message = await readKernelMessage(console, start, { signal, keep: ["login:"] });
    expect(message).toMatchObject({ kind, complete: true, fatal: kind === "panic" || kind === "DUT_has_reset" });
    expect(row?.fatal).toBe(message?.fatal);
    // from the start of the match to the end of the message
    const from = text.indexOf(start.text);
    const wanted = text.slice(from).trim();
    expect(wanted.startsWith(message?.message ?? "?")).toBe(true);
    expect(message?.message.split("\n").length).toBe(wanted.split("\n").length);
    expect((await console.expect(["login:"], { signal })).text).toBe("login:");
  }
});

test("a panic without end marker is known soon after its start", async () => {
  const { console, say } = board();
  say("[    1.7] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n[    1.8] CPU: 0");
  const start = await console.expect([...kernelPatterns, "login:"], { signal });
  expect(kernelMessages[start.index]).toMatchObject({ kind: "panic", fatal: true });
  const message = await readKernelMessage(console, start, { signal, withinMs: 20 });
  expect(message).toMatchObject({ kind: "panic", fatal: true, complete: false });
  expect(message?.message).toMatch(
    /^Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\n.*CPU: 0$/,
  );
});

test("a warning whose end never comes swallows no prompt", async () => {
  const { console, say } = board();
  say("WARNING: the following packages cannot be authenticated\n/ # ");
  const start = await console.expect([...kernelPatterns], { signal });
  const message = await readKernelMessage(console, start, { signal, keep: ["/ # "] });
  expect(message).toMatchObject({
    kind: "warning",
    complete: false,
    message: "WARNING: the following packages cannot be authenticated",
  });
  expect((await console.expect(["/ # "], { signal })).text).toBe("/ # ");
});

test("ordinary boot text is no kernel message", async () => {
  const { console, say } = board();
  say(
    "[    0.1] debug: bugs fixed\n[    0.2] warning: not in capitals\nU-Boot 2024.01\nOops, a pun\n[    0.3] panic=5\nlogin:",
  );
  expect((await console.expect([...kernelPatterns, "login:"], { signal })).index).toBe(kernelPatterns.length);
});
