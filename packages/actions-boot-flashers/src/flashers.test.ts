import { downloadedSlot } from "@basalt/actions-common";
import { FileStoreToken, type JsonObject, ProcessRunnerToken, PtySpawnerToken, toDevice, toJob } from "@basalt/core";
import {
  FakeFiles,
  FakeProcessRunner,
  FakePtySpawner,
  FakeShell,
  fakeSteps,
  plannedNames,
  runPlan,
} from "@basalt/testing";
import { expect, test } from "vitest";
import { flashCmsis, flashDfu, flashJlink, flashOpenocd, flashPyocd } from "./flash-actions.js";
import { runGdb } from "./gdb.js";
import plugin from "./index.js";

const methods: JsonObject = {
  "cmsis-dap": { parameters: { usb_mass_device: "/dev/disk/by-id/usb-B1" } },
  pyocd: { parameters: { command: "pyocd", options: ["load", "-t k64f"] } },
  jlink: {
    parameters: {
      command: "JLinkExe",
      address: 256,
      processor: "MK64",
      supported_core_types: ["M4"],
      erase_command: ["erase"],
      reset_command: ["r"],
      options: ["-if SWD", "-speed 4000"],
    },
  },
  openocd: {
    board_selection_cmd: "adapter serial B1",
    parameters: {
      command: "openocd",
      options: { file: ["b.cfg"], search: ["/s"], command: ["init", "program {BIN}"], debug: 2 },
    },
  },
  dfu: { implementation: "u-boot", reset_works: true, parameters: { command: "dfu-util", "enter-commands": ["dfu"] } },
  gdb: {
    parameters: { command: "gdb-multiarch", wait_before_continue: 0 },
    load: { arguments: ["-q", "{bin}"], commands: ["target remote :1", "load"], docker: { use: false } },
  },
  "u-boot": { parameters: { bootloader_prompt: "=>" } },
};
const device: JsonObject = {
  hostname: "mcu-01",
  board_id: "B1",
  usb_vendor_id: "045b",
  usb_product_id: "0239",
  commands: { connect: "telnet x 1" },
  actions: { boot: { methods } },
};
const reset = { ...device, commands: { connect: "telnet x 1", hard_reset: "pdu" } };

const images = {
  bin: { url: "http://x/a.bin", image_arg: "--alt a --download {bin}" },
  two: { url: "http://x/b", image_arg: "--alt b --download {two}" },
};
const names = (method: string, dictionary: JsonObject, boot: JsonObject = {}): readonly string[] => {
  const actions = [{ deploy: { to: "fake", images } }, { boot: { method, ...boot } }];
  return plannedNames({ actions, device: dictionary, strategies: [...fakeSteps, ...(plugin.strategies ?? [])], of: 2 });
};
const resetting = ["reset-device", "pdu-reboot"];

test.each([
  [
    "cmsis-dap",
    ["boot-cmsis-retry", ...resetting, "wait-device-path", "flash-cmsis", "wait-usb-serial", "connect-device"],
  ],
  [
    "pyocd",
    ["boot-pyocd-image", "boot-pyocd-image", ...resetting, "wait-device-boardid", "flash-pyocd", "connect-device"],
  ],
  ["openocd", ["boot-openocd-image", ...resetting, "wait-device-boardid", "connect-device", "flash-openocd"]],
  ["jlink", ["boot-jlink-image", ...resetting, "wait-device-boardid", "connect-device", "flash-jlink"]],
  [
    "dfu",
    [
      "boot-dfu-retry",
      "connect-device",
      ...resetting,
      "bootloader-interrupt",
      "enter-dfu",
      "wait-dfu-device",
      "flash-dfu",
    ],
  ],
  ["gdb", ["boot-gdb", "boot-gdb-retry", ...resetting, "wait-usb-serial", "connect-device"]],
])("the plan of %s", (method, expected) => {
  const boot = method === "gdb" ? { commands: "load" } : {};
  expect(names(method, reset, boot)).toEqual(expected);
  const without = expected.filter((name) => !/^(reset-device|pdu-reboot|wait-device-(path|boardid))$/.test(name));
  const planned = names(method, device, boot);
  // dfu is always reset, by typing where it must
  expect(planned).toEqual(
    method === "dfu" ? expected.map((name) => name.replace("pdu-reboot", "send-reboot-commands")) : without,
  );
});

test("a device without the method, the board's id or the commands is refused", () => {
  const { board_id: _id, ...nobody } = device;
  expect(() => names("pyocd", nobody)).toThrow(/no board_id/);
  expect(() => names("jlink", { ...device, actions: {} })).toThrow(/no boot method 'jlink'/);
  expect(() => names("gdb", device, { commands: "other" })).toThrow(/no gdb commands named 'other'/);
});

type Make = (request: never) => ReturnType<typeof flashPyocd>;
async function run(
  make: Make,
  params: JsonObject = {},
  runner = new FakeProcessRunner().answer(/./),
  services: readonly (readonly [never, unknown])[] = [],
) {
  const job = toJob({
    job_name: "x",
    timeouts: { job: { hours: 1 } },
    actions: [{ deploy: { to: "fake", images } }, { boot: { method: "m", ...params } }],
  });
  const files = new FakeFiles();
  const request = { job, block: job.blocks[1], device: toDevice(device), params };
  const ran = await runPlan(make(request as never), {
    device,
    params,
    slots: [
      [downloadedSlot("bin"), { path: "/j/a.bin", url: "", sha256: "" }],
      [downloadedSlot("two"), { path: "/j/b.bin", url: "", sha256: "" }],
    ],
    services: [[ProcessRunnerToken, runner], [FileStoreToken, files], ...services],
  });
  return { ...ran, files, calls: runner.calls.map((argv) => argv.join(" ")) };
}

test("pyocd, openocd and dfu: the command lines", async () => {
  expect((await run(flashPyocd)).calls).toEqual([
    "pyocd load -t k64f --uid B1 /j/a.bin",
    "pyocd load -t k64f --uid B1 /j/b.bin",
  ]);
  expect((await run(flashOpenocd)).calls).toEqual([
    "openocd -s /s -f b.cfg -c adapter serial B1 -d2 -c init -c program /j/a.bin",
  ]);
  expect((await run(flashDfu as unknown as Make)).calls).toEqual([
    "dfu-util --serial B1 --device 045b:0239 --alt a --download /j/a.bin",
    "dfu-util --serial B1 --device 045b:0239 --alt b --download /j/b.bin --reset",
  ]);
});

test("jlink: a file of commands; the block's own in their place; an unknown core is refused", async () => {
  const { calls, files } = await run(flashJlink);
  expect(calls[0]).toMatch(
    /^JLinkExe -SelectEmuBySN B1 -Device MK64 -if SWD -speed 4000 -ExitOnError 1 -CommandFile (\S+)$/,
  );
  expect(await files.readText(calls[0]?.split(" ").at(-1) ?? "")).toBe(
    "erase\nloadfile /j/a.bin 0x100\nloadfile /j/b.bin 0x100\nr\ng\nqc\n",
  );
  const own = await run(flashJlink, { commands: ["loadfile {BIN} 0"], coretype: "M4" });
  expect(own.calls[0]).toContain("-Device MK64_M4 ");
  expect(await own.files.readText(own.calls[0]?.split(" ").at(-1) ?? "")).toBe("loadfile /j/a.bin 0\nqc\n");
  expect((await run(flashJlink, { coretype: "M9" })).outcome).toMatchObject({
    error: { message: expect.stringContaining("M9") },
  });
});

test("cmsis-dap: copied, synced, unmounted; unmounted too when a copy fails", async () => {
  const verbs = (calls: readonly string[]) => calls.map((call) => call.split(" ")[0]);
  expect(verbs((await run(flashCmsis)).calls)).toEqual(["mount", "cp", "cp", "sync", "umount"]);
  const full = new FakeProcessRunner().answer(/./).answer(/^cp/, { code: 1, stderr: "No space left" });
  const failed = await run(flashCmsis, {}, full);
  expect(failed.outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("No space left") },
  });
  expect(verbs(failed.calls)).toEqual(["mount", "cp", "umount"]);
});

test("gdb: commands at its prompt, a pause, then continue", async () => {
  const shell = new FakeShell(() => "ok\r\n(gdb) ", "GNU gdb\r\n(gdb) ");
  const pty = new FakePtySpawner(() => shell.line);
  const ran = await run(runGdb as unknown as Make, { commands: "load" }, undefined, [[PtySpawnerToken as never, pty]]);
  expect(ran.outcome).toEqual({ result: "pass" });
  expect(pty.spawned).toEqual([["gdb-multiarch", "-q", "/j/a.bin"]]);
  expect(shell.typed).toEqual(["target remote :1", "load", "continue"]);
});
