import { ArchiverToken, FileStoreToken, ProcessRunnerToken } from "@basalt/core";
import {
  FakeArchiver,
  FakeFiles,
  FakeProcessRunner,
  pluginContract,
  plugUsb,
  refusal,
  ScriptedBoard,
  type ScriptStep,
  TalkativeBoard,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const device = {
  hostname: "arm-01",
  board_id: "B1",
  usb_filesystem_label: "V2M",
  commands: { connect: "telnet x 1", hard_reset: "pdu cycle", power_off: "pdu off" },
  actions: {
    deploy: {
      methods: {
        mps: { parameters: {} },
        musca: { id_serial: "usb-B1" },
        vemsd: { parameters: { mcc_prompt: "Cmd>", msd_mount_cmd: "usb_on", autorun_prompt: "Press Enter" } },
      },
    },
    boot: { methods: { musca: null } },
  },
};
const url = "http://x/program.bin";
const files = { [url]: "program" };

const controller: readonly ScriptStep[] = [
  { say: "ARM V2M\r\nPress Enter to stop auto boot...\r\n" },
  { hear: "\n" },
  { say: "Cmd> " },
  { hear: "usb_on\n" },
];
const tools = () => new FakeProcessRunner().answer(/./);
/** The board with its disk and its controller; `answers` is what the controller says when it is to show the disk. */
const bench = (store: FakeFiles, runner = tools(), answers: readonly ScriptStep[] = [{ say: "Enabling\r\nCmd> " }]) => {
  for (const disk of ["/dev/disk/by-label/V2M", "/dev/disk/by-id/usb-B1"]) void store.write(disk, "");
  return {
    board: new ScriptedBoard([...controller, ...answers]),
    services: [
      [ProcessRunnerToken, runner],
      [ArchiverToken, new FakeArchiver()],
    ] as const,
  };
};
const full = () => tools().answer(/^cp /, { code: 1, stderr: refusal });
const deploy = {
  device,
  files,
  scene: (store: FakeFiles) => bench(store),
  beside: { refuses: (store: FakeFiles) => bench(store, full()) },
};

const login: readonly ScriptStep[] = [{ say: "login: " }, { hear: "root\n" }, { say: "# " }];
const usb = () => plugUsb(new FakeFiles(), { serial: "B1" });
const serial = (...scripts: readonly (readonly ScriptStep[])[]) => ({
  board: new TalkativeBoard(...scripts),
  services: [[FileStoreToken, usb()] as const],
});

const contract = pluginContract(plugin, {
  manifest,
  deploy: [
    { ...deploy, block: { to: "mps", images: { test_binary: { url } } } },
    { ...deploy, block: { to: "musca", images: { test_binary: { url } } } },
    {
      ...deploy,
      block: { to: "vemsd", recovery_image: { url } },
      beside: {
        ...deploy.beside,
        silent: (store) => bench(store, tools(), []),
        drops: (store) => bench(store, tools(), ["unplug"]),
      },
    },
  ],
  boot: {
    device,
    block: { method: "musca", prompts: ["# "], auto_login: { login_prompt: "login:", username: "root" } },
    boards: {
      works: () => serial(login),
      silent: () => serial([]),
      hangsOnce: () => serial([], login),
      drops: () => serial([{ say: "login: " }, "unplug"]),
    },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
