import { PassThrough } from "node:stream";
import { expect, test, vi } from "vitest";
import { parseQemuArguments } from "./qemu-arguments.js";
import { runSimulatedQemu } from "./simulated-qemu.js";

function start(argv: readonly string[], options?: string) {
  const input = new PassThrough();
  const stop = new AbortController();
  const seen = { out: "", error: "" };
  const status = runSimulatedQemu(argv, {
    input,
    write: (bytes) => {
      seen.out += Buffer.from(bytes).toString("utf8");
    },
    error: (text) => {
      seen.error += text;
    },
    signal: stop.signal,
    options,
  });
  const shows = (text: string) => vi.waitFor(() => expect(seen.out).toContain(text), { timeout: 10_000 });
  return { input, seen, status, stop, shows };
}

test("reads QEMU's command line", () => {
  const argv =
    "-m 256 -nographic -kernel /k -initrd /i -drive format=raw,file=/a,,b.ext2,media=disk -hda /c -no-reboot";
  expect(parseQemuArguments([...argv.split(" "), "-append", "console=ttyS0 quiet"])).toEqual({
    kernel: "/k",
    initrd: "/i",
    append: "console=ttyS0 quiet",
    drives: ["/a,b.ext2", "/c"],
    noReboot: true,
  });
});

test("boots the kernel at once, logs in, and ends when the guest powers off", async () => {
  const { input, shows, status } = start(["-kernel", "/dev/null", "-append", "console=ttyS0,115200"]);
  await shows("Kernel command line: console=ttyS0,115200");
  await shows("basalt login: ");
  input.write("root\n");
  await shows("root@basalt:/# ");
  input.write("poweroff\n");
  await shows("reboot: Power down");
  expect(await status).toBe(0);
});

test("a reboot ends it where -no-reboot says so", async () => {
  const { input, shows, status } = start(["-no-reboot", "-simulated", '{"login":false}']);
  await shows("root@basalt:/# ");
  input.write("reboot\n");
  expect(await status).toBe(0);
});

test.each([
  ["a signal", (q: ReturnType<typeof start>) => q.stop.abort()],
  ["Ctrl-A x", (q: ReturnType<typeof start>) => void q.input.write("\x01x")],
  ["the end of its input", (q: ReturnType<typeof start>) => void q.input.end()],
])("ends with %s", async (_what, end) => {
  const qemu = start([], '{"login":false}');
  await qemu.shows("root@basalt:/# ");
  end(qemu);
  expect(await qemu.status).toBe(0);
});

test("the environment's options say what goes wrong", async () => {
  const { shows, stop, status } = start([], '{"faults":[{"kind":"panic","at":"kernel"}]}');
  await shows("end Kernel panic");
  stop.abort();
  await status;
});

test("a file that is not there is told as QEMU tells it", async () => {
  const { seen, status } = start(["-kernel", "/nope/vmlinuz"]);
  expect(await status).toBe(1);
  expect(seen.error).toBe("simulated-qemu: could not open kernel file '/nope/vmlinuz': No such file or directory\n");
});

test("options that can't be read are refused", async () => {
  const { seen, status } = start(["-simulated", "[1]"]);
  expect(await status).toBe(1);
  expect(seen.error).toContain("expected a JSON object");
});
