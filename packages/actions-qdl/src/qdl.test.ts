import { downloadedSlot, OverlaySlot } from "@basalt/actions-common";
import {
  ArchiverToken,
  type ConnectionTransport,
  FileStoreToken,
  type JsonObject,
  ProcessRunnerToken,
} from "@basalt/core";
import {
  bootScripted,
  FakeFiles,
  FakePower,
  FakeProcessRunner,
  fakeTests,
  idleClock,
  planOf,
  planText,
  pluginContract,
  runPlan,
  ScriptedBoard,
  toolScenes,
  virtualSerial,
} from "@basalt/testing";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { applyOverlayQdl, BuildFolderSlot, unpackBuild } from "./build-folder.js";
import { flashQdl } from "./flash-qdl.js";
import plugin, { boot, deploy } from "./index.js";

const device: JsonObject = {
  hostname: "edl-01",
  board_qdl_id: "0AA94EFD",
  board_id: "QUSB_BULK_CID:0420_SN:0AA94EFD",
  commands: { connect: "telnet x 1", hard_reset: "reset", power_off: "off" },
  actions: { boot: { methods: { qdl: { parameters: { command: "qdl", "enter-commands": ["reboot edl"] } } } } },
};
const block: JsonObject = {
  method: "qdl",
  firehose_program: "prog_firehose_ddr.elf",
  rawprogram: "rawprogram*.xml",
  patch: "patch0.xml",
  storage: "ufs",
};
const build = "/jobs/1/qcomflash-000001";
const names = ["prog_firehose_ddr.elf", "rawprogram0.xml", "rawprogram1.xml", "patch0.xml", "rootfs.img"];

/** A board that shows up on USB in its emergency download mode when it has power, and the files of its build. */
class EdlBoard {
  readonly files = new FakeFiles();
  boots = 0;
  typed = "";
  readonly #broken: boolean;
  readonly #shows: (boots: number) => boolean;
  readonly power = new FakePower({ load: this });
  constructor(shows: (boots: number) => boolean = () => true, broken = false) {
    this.#shows = shows;
    this.#broken = broken;
    for (const name of names) void this.files.write(`${build}/${name}`, "x");
  }
  connect(): ConnectionTransport {
    const { host, dut, unplug } = virtualSerial();
    void (async () => {
      for await (const bytes of dut.readable as unknown as AsyncIterable<Uint8Array>)
        this.typed += new TextDecoder().decode(bytes);
    })();
    if (this.#broken) unplug();
    return host;
  }
  powerOn(): void {
    this.boots++;
    if (!this.#shows(this.boots)) return;
    const facts = {
      busnum: "3",
      devnum: "7",
      idVendor: "05c6",
      idProduct: "9008",
      product: "QUSB_BULK_CID:0420_SN:0AA94EFD",
    };
    for (const [name, text] of Object.entries(facts)) void this.files.write(`/sys/bus/usb/devices/3-1/${name}`, text);
  }
  powerOff(): void {
    void this.files.remove("/sys/bus/usb/devices/3-1");
  }
}

const answering = (version: string): FakeProcessRunner =>
  new FakeProcessRunner().answer(/./).answer(/^qdl --version|qdl --version$/, { stdout: `qdl version ${version}\n` });

const flash = (
  more: { readonly block?: JsonObject; readonly version?: string; readonly runner?: FakeProcessRunner } = {},
) => {
  const board = new EdlBoard();
  board.powerOn();
  const runner = more.runner ?? answering(more.version ?? "v2.4");
  const ran = runPlan(flashQdl({ ...block, ...more.block }), {
    device,
    slots: [[BuildFolderSlot, build]],
    services: [
      [ProcessRunnerToken, runner],
      [FileStoreToken, board.files],
    ],
  });
  return ran.then((result) => ({ ...result, lines: runner.calls.map((argv) => argv.join(" ")), runner }));
};
const flashed = `${build}/prog_firehose_ddr.elf ${build}/rawprogram0.xml ${build}/rawprogram1.xml ${build}/patch0.xml`;

test.each([
  ["v2.4", "qdl --serial 0AA94EFD --storage ufs"],
  ["2.7-3-gabcdef", "qdl --skipblock=sha256 --serial 0AA94EFD --storage ufs"],
  ["v3.0", "qdl --skipblock=sha256 --serial 0AA94EFD --storage ufs"],
])("the command line of qdl %s", async (version, begin) => {
  const { outcome, lines, runner } = await flash({ version });
  expect(outcome).toEqual({ result: "pass" });
  expect(lines.at(-1)).toBe(`${begin} --include ${build} ${flashed}`);
  expect(runner.options.at(-1)?.cwd).toBe(build);
});

test("debug, and no storage", async () => {
  const { lines } = await flash({
    block: { debug: true, storage: null, rawprogram: ["rawprogram1.xml", "rawprogram0.xml"] },
  });
  expect(lines.at(-1)).toBe(
    `qdl --debug --serial 0AA94EFD --include ${build} ${build}/prog_firehose_ddr.elf ${build}/rawprogram1.xml ${build}/rawprogram0.xml ${build}/patch0.xml`,
  );
});

test("in a container: it sees the build and the board's node", async () => {
  const { lines } = await flash({ block: { docker: { image: "qdl:2", local: true } } });
  expect(lines.at(-1)).toMatch(/^docker run --rm .*--device=\/dev\/bus\/usb\/003\/007 /);
  expect(lines.at(-1)).toContain(`--mount=type=bind,source=${build},destination=${build} `);
  expect(lines.at(-1)).toMatch(/ qdl:2 qdl --serial 0AA94EFD /);
});

test.each([
  ["1.0", {}, "ERR_QDL_VERSION", "configuration", "2.0 or later"],
  ["v2.4", { patch: null }, "ERR_QDL_PATCH", "job", "patch0.xml"],
  ["v2.4", { firehose_program: "no.elf" }, "ERR_QDL_FILE", "job", "rawprogram0.xml"],
  ["v2.4", { rawprogram: "no*.xml" }, "ERR_QDL_FILE", "job", "no*.xml"],
])("qdl %s with %j is refused with %s, and nothing is flashed", async (version, change, code, kind, words) => {
  const { outcome, lines } = await flash({ version, block: change });
  const error = "error" in outcome ? outcome.error : undefined;
  expect(error).toMatchObject({ kind, message: expect.stringContaining(words) });
  if (code !== "ERR_QDL_PATCH") expect(error?.code).toBe(code);
  expect(lines.filter((line) => line.includes("--serial"))).toEqual([]);
});

test("a qdl that does not know --version, as Debian 12's, is too old", async () => {
  const stderr = "qdl: unrecognized option '--version'\nqdl [--debug] [--storage <emmc|nand|ufs>] <prog.mbn>\n";
  const runner = new FakeProcessRunner().answer(/./).answer(/--version$/, { code: 1, stderr });
  const { outcome } = await flash({ runner });
  expect(outcome).toMatchObject({
    error: { kind: "configuration", code: "ERR_QDL_VERSION", message: expect.stringContaining("unrecognized option") },
  });
});

test("a worker without qdl is told so before the board is touched", async () => {
  const { outcome } = await flash({ runner: new FakeProcessRunner() });
  expect(outcome).toMatchObject({
    error: { kind: "infrastructure", message: expect.stringContaining("qdl is not installed") },
  });
});

const planned = (qcomflash: JsonObject, tested: boolean): readonly string[] => {
  const actions = [
    { deploy: { to: "qdl", qcomflash: { url: "http://x/b.tar.gz", ...qcomflash }, rootfs_image: "rootfs.img" } },
    { boot: block },
    ...(tested ? [{ test: { definitions: [] } }] : []),
  ];
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions };
  const lines = planText(planOf({ job, device, strategies: [deploy, boot, fakeTests] })).split("\n");
  return lines.flatMap((line) => /^ *[12][.\d]* (\S+)/.exec(line)?.[1] ?? []);
};
const overlay = ["lava-overlay", "lava-multinode-overlay", "test-definition", "compress-overlay"];
const fetched = ["download-retry", "http-download"];
const booted = [
  ...["boot-qdl-retry", "connect-device", "reset-device", "pdu-reboot"],
  ...["enter-qdl", "wait-qdl-device", "flash-qdl"],
];

test.each([
  [{}, false, ["qdl-deploy", ...fetched, ...booted]],
  [{ "apply-overlay": true }, false, ["qdl-deploy", ...fetched, ...booted]],
  [{}, true, ["qdl-deploy", ...overlay, ...fetched, ...booted]],
  [{ "apply-overlay": true }, true, ["qdl-deploy", ...overlay, ...fetched, "apply-overlay-qdl", ...booted]],
])("the plan of %j, tested: %s", (qcomflash, tested, expected) => {
  expect(planned(qcomflash, tested)).toEqual(expected);
});

test("blocks and devices that lack what it needs are refused with the reason", () => {
  const job = { job_name: "x", timeouts: { job: { minutes: 9 } }, actions: [{ boot: block }] };
  expect(() => planOf({ job, device: { hostname: "b" }, strategies: [boot] })).toThrow("no board_qdl_id");
  const bare = { ...job, actions: [{ deploy: { to: "qdl" } }] };
  expect(() => planOf({ job: bare, device, strategies: [deploy] })).toThrow("no 'qcomflash'");
});

const archiver = (files: FakeFiles) => ({
  async unpackTar(_file: string, folder: string) {
    for (const name of names) await files.write(`${folder}/${name}`, name);
  },
});
const overlaid = async (rootfs: string | undefined, runner = new FakeProcessRunner().answer(/./)) => {
  const files = new FakeFiles();
  const ran = await runPlan(applyOverlayQdl(rootfs), {
    section: "deploy",
    slots: [
      [downloadedSlot("qcomflash"), { path: "/jobs/1/b.tar.gz", url: "", sha256: "" }],
      [OverlaySlot, { folder: "/jobs/1/overlay", resultsDir: "/lava-1", shell: "/bin/sh" }],
    ],
    services: [
      [FileStoreToken, files],
      [ArchiverToken, archiver(files)],
      [ProcessRunnerToken, runner],
    ],
  });
  return { ...ran, runner };
};

test("the overlay goes into the root file system of the unpacked build", async () => {
  const { outcome, runner, slot } = await overlaid("rootfs.img");
  expect(outcome).toEqual({ result: "pass" });
  const folder = slot(BuildFolderSlot);
  expect(runner.calls.at(-1)).toEqual(["debugfs", "-w", "-f", expect.any(String), `${folder}/rootfs.img`]);
});

test.each([
  [undefined, "needs 'rootfs_image'"],
  ["other.img", "no file 'other.img'"],
])("the overlay with rootfs_image %s is refused", async (rootfs, words) => {
  const { outcome, runner } = await overlaid(rootfs);
  expect(outcome).toMatchObject({ error: { kind: "job", message: expect.stringContaining(words) } });
  expect(runner.calls).toEqual([]);
});

test("the build is unpacked where nothing goes into it", async () => {
  const files = new FakeFiles();
  const ran = await runPlan(unpackBuild, {
    section: "deploy",
    slots: [[downloadedSlot("qcomflash"), { path: "/b.tar.gz", url: "", sha256: "", compression: "gz" }]],
    services: [
      [FileStoreToken, files],
      [ArchiverToken, archiver(files)],
    ],
  });
  expect(await files.list(ran.slot(BuildFolderSlot) ?? "")).toEqual([...names].sort());
});

test.each([
  [{ product: "QUSB_BULK_CID:0420_SN:0AA94EFD" }, true],
  [{ product: "QUSB_BULK_SN:0aa94efd" }, true],
  [{ serial: "0AA94EFD" }, true],
  [{ product: "QUSB_BULK_CID:0420_SN:0AA94EFE" }, false],
  [{ serial: "0AA94EFD", productId: "900e" }, false],
  [{}, false],
])("a USB device %j is the board: %s", async (change, expected) => {
  const { isInEdlMode } = await import("./edl-mode.js");
  const { toDevice } = await import("@basalt/core");
  const found = { serial: "", product: "", vendorId: "05C6", productId: "9008", node: "/dev/x", ...change };
  expect(isInEdlMode(found, toDevice(device))).toBe(expected);
});

test("the device's enter-commands are typed", async () => {
  const board = new EdlBoard();
  const scripted = new ScriptedBoard([{ hear: "reboot edl\n" }]);
  await board.files.write("/sys/bus/usb/devices/3-1/busnum", "3");
  scripted.power.on = async () => {};
  const ran = await bootScripted(scripted, {
    strategies: [boot],
    device,
    block,
    slots: [[BuildFolderSlot, build]],
    services: [
      [FileStoreToken, board.files],
      [ProcessRunnerToken, answering("v2.4")],
    ],
  });
  expect(scripted.typed).toBe("reboot edl\n");
  // it never showed up: the lab's fault, told by the action that waited
  expect(ran.outcome).toMatchObject({
    action: "wait-qdl-device",
    error: { kind: "infrastructure", code: "ERR_ACTION_TIMEOUT" },
  });
});

const scene = (board = new EdlBoard()) => ({
  board,
  services: [[FileStoreToken, board.files]] as const,
  slots: [[BuildFolderSlot, build]] as const,
});
const answers = (runner: FakeProcessRunner): void =>
  void runner.answer(/./).answer(/^qdl --version$/, { stdout: "qdl version v2.7\n" });
const scenes = toolScenes({ answers, work: /^qdl .*--serial/, scene: () => scene() });
const versioned = () => {
  const runner = new FakeProcessRunner();
  answers(runner);
  return [ProcessRunnerToken, runner] as const;
};
const withBoard = (board: EdlBoard) => ({ ...scene(board), services: [...scene(board).services, versioned()] });

const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device,
    block: { to: "qdl", qcomflash: { url: "http://x/b.tar.gz" } },
    files: { "http://x/b.tar.gz": "build" },
    scene: (files) => ({ services: [[ArchiverToken, archiver(files)]] }),
  },
  boot: {
    device,
    block,
    clock: idleClock(),
    scenes: {
      ...scenes,
      silent: () => withBoard(new EdlBoard(() => false)),
      hangsOnce: () => withBoard(new EdlBoard((boots) => boots > 1)),
      drops: () => withBoard(new EdlBoard(() => true, true)),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
