import {
  ConnectionsToken,
  DownloaderToken,
  type JsonObject,
  PowerToken,
  ProcessRunnerToken,
  toDevice,
  toJob,
} from "@basalt/core";
import {
  FakeConnections,
  FakeDownloader,
  FakeProcessRunner,
  fakeTests,
  fastClock,
  planOf,
  planText,
  runPlan,
  ScriptedBoard,
  type ScriptStep,
} from "@basalt/testing";
import { expect, test } from "vitest";
import plugin from "./index.js";
import { commandWords, needsSerialDownload, uuuCommands } from "./uuu-commands.js";

const options: JsonObject = {
  usb_otg_path: null,
  usb_otg_path_command: ["usb-path", "--of", "7"],
  corrupt_boot_media_command: ["mmc dev 1", "mmc erase 0 0x400"],
  power_off_before_corrupt_boot_media: null,
  docker_image: "",
  remote_options: "",
  bcu_board_name: "imx8mpevk",
  bcu_board_id: "",
  bcu_board_id_command: ["board-id 7"],
  additional_bcu_cleanup_commands: [],
};
const uboot = { parameters: { bootloader_prompt: "=>", interrupt_prompt: "stop autoboot", interrupt_char: " " } };
const deviceWith = (more: JsonObject = {}): JsonObject => ({
  hostname: "imx-01",
  constants: { "u-boot": { "interrupt-newline": false } },
  commands: { connect: "telnet x 1", hard_reset: "pdu", power_off: "pdu off" },
  actions: { boot: { methods: { "u-boot": uboot, uuu: { options: { ...options, ...more } } } } },
});
const deploy = { to: "uuu", images: { boot: { url: "http://x/boot.bin" }, system: { url: "http://x/sys.wic" } } };
const jobOf = (boot: JsonObject, first: JsonObject = deploy): JsonObject => ({
  job_name: "x",
  timeouts: { job: { hours: 1 }, action: { minutes: 5 } },
  actions: [{ deploy: first }, { boot: { method: "uuu", ...boot } }],
});
const strategies = plugin.strategies ?? [];
const planned = (boot: JsonObject, device = deviceWith()): string =>
  planText(planOf({ job: jobOf(boot), device, strategies }));
const treeOf = (boot: JsonObject, device = deviceWith()): readonly string[] =>
  planned(boot, device)
    .split("\n")
    .flatMap((line) => /^ *2[.\d]* (\S+)/.exec(line)?.[1] ?? []);

const inUboot = [
  ...["connect-device", "bootloader-overlay", "boot-bootloader", "reset-connection", "disconnect-device"],
  ...["connect-device", "reset-device", "pdu-reboot", "bootloader-interrupt", "bootloader-commands"],
  "disconnect-device",
];
const reset = ["reset-device", "pdu-reboot"];
const flashing = ["connect-device", "uuu-boot", "disconnect-device"];

test("the plan looks for serial download mode", () => {
  const boot = { commands: [{ uuu: "-b emmc {boot}" }] };
  const looks = ["check-serial-availability", "boot-corrupt-boot-media"];
  const head = ["uuu-boot-retry", "uuu", "disconnect-device", ...reset];
  expect(treeOf(boot)).toEqual([...head, ...looks, ...inUboot, ...reset, ...flashing]);
  const powerOff = deviceWith({ power_off_before_corrupt_boot_media: true });
  expect(treeOf(boot, powerOff)).toEqual([...head, ...looks, "power-off", ...inUboot, ...reset, ...flashing]);
});

test.each([
  ["bcu alone", [{ bcu: "lsftdi" }, { bcu: "set_boot_mode emmc" }]],
  ["reset usb first", [{ bcu: "reset  usb -hold=1" }, { uuu: "-b emmc {boot}" }]],
])("with %s nothing is looked for", (_what, commands) => {
  expect(treeOf({ commands })).toEqual(["uuu-boot-retry", "uuu", "disconnect-device", ...reset, ...flashing]);
});

test("another first word, another mode or a reset later is no reset usb", () => {
  const wanted = (...texts: readonly (readonly [string, string])[]): boolean =>
    needsSerialDownload(texts.map(([protocol, text]) => ({ protocol, text })));
  expect(wanted(["bcu", "reset sd"], ["uuu", "a"])).toBe(true);
  expect(wanted(["bcu", "init usb"], ["uuu", "a"])).toBe(true);
  expect(wanted(["uuu", "reset usb"])).toBe(true);
  expect(wanted(["uuu", "a"], ["bcu", "reset usb"])).toBe(true);
});

test("a bootloader that may be valid is stopped first, within 15 seconds unless the block says", () => {
  const boot = { skip_uuu_if_bootloader_valid: true, commands: [{ bcu: "lsftdi" }], timeout: { minutes: 2 } };
  expect(treeOf(boot)).toEqual([
    ...["uuu-boot-retry", "check-bootloader-valid", ...inUboot],
    ...["uuu", "disconnect-device", ...reset, ...flashing],
  ]);
  expect(planned(boot)).toContain("2.1.3.3 bootloader-interrupt 15s");
  const own = planned({ ...boot, timeouts: { "bootloader-interrupt": { seconds: 40 } } });
  expect(own).toContain("2.1.3.3 bootloader-interrupt 40s");
  expect(planned({ ...boot, failure_retry: 2 })).toContain("2 uuu-boot-retry 2m x2\n  2.1 check-bootloader-valid 1m\n");
});

test("commands are a list, or one of the device's by name", () => {
  const named = deviceWith();
  const methods = { uuu: { sd: { commands: [{ uuu: "-b sd {boot}" }] } } };
  const device = toDevice({ ...named, actions: { boot: { methods } } });
  expect(uuuCommands({ params: { commands: "sd" }, device })).toEqual([{ protocol: "uuu", text: "-b sd {boot}" }]);
  expect(uuuCommands({ params: { commands: "other" }, device })).toEqual([]);
  const words = commandWords({ protocol: "FB[-t 10000]", text: "ucmd setenv a 'b c'" });
  expect(words).toEqual(["FB[-t 10000]:", "ucmd", "setenv", "a", "b c"]);
});

test("devices and blocks that can't are refused with the reason", () => {
  const commands = [{ uuu: "-b sd {boot}" }];
  expect(() => treeOf({})).toThrow(/no 'commands'/);
  expect(() => treeOf({ commands }, { hostname: "x" })).toThrow(/no boot method 'uuu'/);
  expect(() => treeOf({ commands }, deviceWith({ usb_otg_path_command: "" }))).toThrow(/usb_otg_path/);
  expect(() => treeOf({ commands }, deviceWith({ corrupt_boot_media_command: [] }))).toThrow(/corrupt_boot_media/);
  const alone = { actions: { boot: { methods: { uuu: { options } } } } };
  expect(() => treeOf({ commands }, alone)).toThrow(/no boot method 'u-boot'/);
  expect(() =>
    planOf({ job: jobOf({ commands }, { to: "uuu", images: {} }), device: deviceWith(), strategies }),
  ).toThrow(/no image 'boot'/);
});

const tools = (): FakeProcessRunner =>
  new FakeProcessRunner()
    .answer("uuu")
    .answer("bcu")
    .answer("docker")
    .answer("usb-path", { stdout: "2:143\n" })
    .answer("board-id", { stdout: "2-1.3" });
const stopped: readonly ScriptStep[] = [{ say: "Hit any key to stop autoboot: 2 " }, { hear: " " }, { say: "=> " }];
const typed: readonly ScriptStep[] = [...stopped, { hear: "mmc dev 1\n" }, { say: "=> " }];
const silent: readonly ScriptStep[] = [];

async function run(
  boot: JsonObject,
  given: { device?: JsonObject; runner?: FakeProcessRunner; board?: ScriptedBoard },
) {
  const { device = deviceWith(), runner = tools(), board = new ScriptedBoard(silent) } = given;
  const connections = new FakeConnections(() => board.connect());
  const ran = await runPlan(planOf({ job: jobOf(boot), device, strategies }), {
    clock: fastClock(100),
    services: [
      [PowerToken, board.power],
      [ConnectionsToken, connections],
      [ProcessRunnerToken, runner],
      [DownloaderToken, new FakeDownloader().serve("http://x/boot.bin", "b").serve("http://x/sys.wic", "s")],
    ],
  });
  return { ...ran, board, connections, calls: runner.calls.map((argv) => argv.join(" ")) };
}
const bootFile = "/jobs/1/1-uuu-deploy/boot/boot.bin";
const systemFile = "/jobs/1/1-uuu-deploy/system/sys.wic";
const otg = "usb-path --of 7";

test("a board in serial download mode gets its commands, and U-Boot is left alone", async () => {
  const commands = [{ uuu: "-b emmc_all {boot} {SYSTEM}" }, { SDPS: "boot -f {boot}" }, { FB: "done" }];
  const { outcome, calls, board, connections, ended } = await run({ commands }, {});
  expect(outcome).toEqual({ result: "pass" });
  expect(calls).toEqual([
    ...[otg, `uuu -m 2:143 ${bootFile}`],
    ...[otg, `uuu -m 2:143 -b emmc_all ${bootFile} ${systemFile}`],
    ...[otg, `uuu -m 2:143 SDPS: boot -f ${bootFile}`, otg, "uuu -m 2:143 FB: done"],
  ]);
  expect(board.power.calls).toEqual(["reset", "reset", "off"]);
  expect(connections.opened).toEqual(connections.closed);
  expect(ended).toContain("boot-corrupt-boot-media pass");
  expect(board.typed).toBe("");
});

test.each([
  ["does not end", (runner: FakeProcessRunner) => runner.stall(/boot\.bin$/, 1)],
  ["fails", (runner: FakeProcessRunner) => runner.answer(/boot\.bin$/, { code: 255 })],
])("where the check %s, the boot media are made unusable, and the board is reset again", async (_how, change) => {
  const runner = tools();
  change(runner);
  const board = new ScriptedBoard(silent, typed, silent);
  const device = deviceWith({ power_off_before_corrupt_boot_media: true, usb_otg_path: ["2:143", "1:143"] });
  const { outcome, calls } = await run({ commands: [{ uuu: "-b sd {boot} x" }] }, { runner, board, device });
  expect(outcome).toEqual({ result: "pass" });
  expect(board.typed).toBe(" mmc dev 1\nmmc erase 0 0x400\n");
  expect(board.power.calls).toEqual(["reset", "off", "reset", "reset", "off"]);
  expect(calls).toEqual([`uuu -m 2:143 -m 1:143 ${bootFile}`, `uuu -m 2:143 -m 1:143 -b sd ${bootFile} x`]);
});

test("a silent board that can't be brought into serial download mode ends the job in the action that waits", async () => {
  const runner = tools().answer(/boot\.bin$/, { code: 1 });
  const timeouts = { "bootloader-interrupt": { seconds: 20 } };
  const { outcome, calls } = await run({ commands: [{ uuu: "-b sd {boot} x" }], timeouts }, { runner });
  expect(outcome).toMatchObject({
    action: "bootloader-interrupt",
    error: { code: "ERR_ACTION_TIMEOUT", kind: "infrastructure" },
  });
  expect(calls).toHaveLength(2);
});

test("a bootloader that can be stopped is not flashed", async () => {
  const boot = { skip_uuu_if_bootloader_valid: true, commands: [{ bcu: "set_boot_mode emmc_s" }] };
  const board = new ScriptedBoard(stopped);
  const good = await run(boot, { board });
  expect(good.outcome).toEqual({ result: "pass" });
  expect(good.calls).toEqual([]);
  expect(good.connections.opened).toEqual(good.connections.closed);
  const bad = await run(boot, { board: new ScriptedBoard(silent) });
  expect(bad.outcome).toEqual({ result: "pass" });
  expect(bad.ended).toContain("bootloader-interrupt fail");
  expect(bad.ended).toContain("check-bootloader-valid pass");
  expect(bad.calls[1]).toBe("bcu set_boot_mode emmc_s -board=imx8mpevk -id=2-1.3");
});

test("bcu: the board's name and id, given back at the end of the job, also where a command failed", async () => {
  const device = deviceWith({ additional_bcu_cleanup_commands: ["bcu set_gpio sw 0", ""], bcu_board_id: "2-1.4" });
  const commands = [{ bcu: "reset usb" }, { bcu: "lsboard" }, { uuu: "-b emmc {boot}" }];
  const who = "-board=imx8mpevk -id=2-1.4";
  const back = [`bcu deinit ${who}`, `bcu set_gpio sw 0 ${who}`];
  const wanted = [`bcu reset usb ${who}`, "bcu lsboard", otg, `uuu -m 2:143 -b emmc ${bootFile}`, ...back];
  expect((await run({ commands }, { device })).calls).toEqual(wanted);
  const runner = tools().answer(/-b emmc/, { code: 3, stderr: "LIBUSB_ERROR_IO" });
  const failed = await run({ commands }, { device, runner });
  expect(failed.calls).toEqual(wanted);
  expect(failed.outcome).toMatchObject({
    action: "uuu-boot",
    error: { kind: "job", code: "ERR_UUU_FAILED", message: expect.stringContaining("LIBUSB_ERROR_IO") },
  });
  const stuck = await run({ commands }, { device, runner: tools().answer(/deinit/, { code: 1, stderr: "no board" }) });
  expect(stuck.log.some(({ message }) => message.includes("may still hold") && message.includes("no board"))).toBe(
    true,
  );
});

test("a path command that prints nothing, or fails, is the lab's fault", async () => {
  const commands = [{ bcu: "reset usb" }, { FB: "done" }];
  const none = await run({ commands }, { runner: tools().answer("usb-path", { stdout: "\n" }) });
  expect(none.outcome).toMatchObject({ error: { kind: "infrastructure", code: "ERR_UUU_PATH" } });
  const broken = await run({ commands }, { runner: tools().answer("usb-path", { code: 2, stderr: "gone" }) });
  expect(broken.outcome).toMatchObject({ error: { kind: "infrastructure", message: expect.stringContaining("gone") } });
});

const container = "docker run --rm --init --hostname=lava --name=lava-docker-uuu-1-2.1.4-1";
const inside = "--privileged --volume=/dev:/dev";
const mount = "--mount=type=bind,source=/jobs/1/1-uuu-deploy/boot,destination=/jobs/1/1-uuu-deploy/boot";

test("in a container: the block's, else the device's; the board may come and go while it runs", async () => {
  const commands = [{ bcu: "reset usb" }, { uuu: "-b emmc {boot}" }];
  const image = { image: "lab/uuu:1.5" };
  const device = deviceWith({ docker_image: "own/uuu:1" });
  const { calls } = await run({ commands, docker: { ...image, local: true } }, { device });
  const [, , , , look, second] = calls;
  expect(look).toBe("docker image inspect --format image lab/uuu:1.5 exists lab/uuu:1.5");
  const line = container.replace("-1-2.1.4-1", "-1-2.1.4-2");
  expect(second).toBe(`${line} ${mount} ${inside} lab/uuu:1.5 uuu -m 2:143 -b emmc ${bootFile}`);
  const own = await run({ commands }, { device });
  expect(own.calls.slice(0, 3)).toEqual([
    "board-id 7",
    "docker pull own/uuu:1",
    `docker run --rm --init --hostname=lava --name=lava-docker-bcu-1-2.1.4-1 ${inside} own/uuu:1 bcu reset usb -board=imx8mpevk -id=2-1.3`,
  ]);
});

test("on another machine's docker: images are copied into the container before it starts", async () => {
  const device = deviceWith({ docker_image: "own/uuu:1", remote_options: "--tlsverify -H 10.1.1.1:2376" });
  const far = "docker --tlsverify -H 10.1.1.1:2376";
  const name = "lava-docker-uuu-1-2.1.4-2";
  const { calls } = await run({ commands: [{ bcu: "reset usb" }, { uuu: "-b emmc {boot}" }] }, { device });
  expect(calls.slice(4, 10)).toEqual([
    otg,
    `${far} pull own/uuu:1`,
    `${far} create --rm --init --hostname=lava --name=${name} ${inside} own/uuu:1 uuu -m 2:143 -b emmc /basalt-0-boot.bin`,
    `${far} cp ${bootFile} ${name}:/basalt-0-boot.bin`,
    `${far} start --attach ${name}`,
    expect.stringContaining("board-id"),
  ]);
  const runner = tools().answer(/ cp /, { code: 1, stderr: "no space" });
  const full = await run({ commands: [{ bcu: "reset usb" }, { uuu: "-b emmc {boot}" }] }, { device, runner });
  expect(full.outcome).toMatchObject({ error: { message: expect.stringContaining("no space") } });
  expect(full.calls).toContain(`${far} rm --force ${name}`);
});

test.each([
  [{ commands: [] }, {}, "no commands"],
  [{ commands: "sd" }, {}, "no commands named 'sd'"],
  [{ commands: [{ uuu: "-b sd {kernel}" }] }, {}, "{kernel}"],
  [{ commands: [{ uuu: " " }] }, {}, "is empty"],
  [{ commands: [{ FB: "ucmd 'x" }] }, {}, "ucmd 'x"],
  [{ commands: [{ bcu: "lsgpio" }] }, { bcu_board_name: "" }, "bcu_board_name"],
  [{ commands: [{ bcu: "lsgpio" }] }, { bcu_board_id_command: [] }, "bcu_board_id"],
  [{ commands: [{ FB: "done" }] }, { remote_options: "-H x" }, "remote_options"],
])("%j with %j is refused before power is switched", async (boot, more, words) => {
  const { outcome, board } = await run(boot, { device: deviceWith(more) });
  expect(outcome).toMatchObject({ error: { message: expect.stringContaining(words) } });
  expect(board.power.calls).not.toContain("reset");
});

test("a boot that must look, without an image 'boot', is refused", async () => {
  const job = toJob({ ...jobOf({}), actions: [{ boot: { method: "uuu", commands: [{ FB: "done" }] } }] });
  const { outcome } = await runPlan(planOf({ job, device: deviceWith(), strategies }), {});
  expect(outcome).toMatchObject({ error: { kind: "job", message: expect.stringContaining("no image 'boot'") } });
});

test("deploy: the overlay goes into the images that ask for it, where a test needs one", () => {
  const images = {
    boot: { url: "http://x/b" },
    system: { url: "http://x/s", "apply-overlay": true, root_partition: 1 },
    android: { url: "http://x/a", "apply-overlay": true, sparse: true },
  };
  const first = { to: "uuu", images };
  const names = (tests: readonly JsonObject[]): readonly string[] => {
    const all = [...strategies, fakeTests];
    const job = { ...jobOf({}), actions: [{ deploy: first }, ...tests] };
    return planText(planOf({ job, device: deviceWith(), strategies: all }))
      .split("\n")
      .flatMap((line) => /^ {2}1[.\d]* (\S+)/.exec(line)?.[1] ?? []);
  };
  const fetch = "download-retry";
  expect(names([])).toEqual([fetch, fetch, fetch]);
  expect(names([{ test: { definitions: [] } }])).toEqual([
    ...["lava-overlay", fetch, fetch, "apply-overlay-image", fetch, "apply-overlay-sparse-image"],
  ]);
});

test("deploy: without uniquify all lies in one folder", async () => {
  const commands = [{ bcu: "reset usb" }, { uuu: "{boot}" }];
  const job = jobOf({ commands }, { ...deploy, uniquify: false });
  const runner = tools();
  await runPlan(planOf({ job, device: deviceWith(), strategies }), {
    clock: fastClock(100),
    services: [
      [ConnectionsToken, new FakeConnections(() => new ScriptedBoard([]).connect())],
      [ProcessRunnerToken, runner],
      [DownloaderToken, new FakeDownloader().serve("http://x/boot.bin", "b").serve("http://x/sys.wic", "s")],
    ],
  });
  expect(runner.calls).toContainEqual(["uuu", "-m", "2:143", "/jobs/1/1-uuu-deploy/boot.bin"]);
});
