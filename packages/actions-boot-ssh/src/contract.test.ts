import { OverlayFileSlot, SessionSlot } from "@basalt/actions-common";
import { ProcessRunnerToken, PtySpawnerToken } from "@basalt/core";
import {
  FakeProcessRunner,
  FakePtySpawner,
  pluginContract,
  refusal,
  ScriptedBoard,
  type ScriptStep,
  sessionScenes,
} from "@basalt/testing";
import { test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin from "./index.js";

const device = {
  hostname: "host-01",
  actions: {
    deploy: { methods: { ssh: { host: "10.1.1.1", port: 8022, user: "root", identity_file: "/etc/keys/lava" } } },
    boot: { methods: { ssh: null, schroot: { name: ["sid"] } } },
  },
};
const welcome: ScriptStep = { say: "Welcome\r\n# " };
const happy: readonly ScriptStep[] = [
  welcome,
  { hear: "\n" },
  { say: "# " },
  { hear: "tar" },
  { hear: "\n" },
  { say: "<LAVA_SIGNAL_RETRUNCODE 0>\r\n# " },
];
/** A host at the far end of `ssh`: each login plays the next script. */
function host(runner: FakeProcessRunner, ...scripts: readonly (readonly ScriptStep[])[]) {
  const pty = FakePtySpawner.of(new ScriptedBoard(...scripts));
  return {
    consoles: pty,
    attempts: () => pty.spawned.length,
    services: [
      [PtySpawnerToken, pty],
      [ProcessRunnerToken, runner],
    ] as const,
  };
}
const scp = () => new FakeProcessRunner().answer("scp");

const contract = pluginContract(plugin, {
  manifest,
  boot: [
    {
      device,
      block: { method: "ssh", prompts: ["# "] },
      slots: [[OverlayFileSlot, "/jobs/1/overlay.tar.gz"]],
      scenes: {
        works: () => host(scp(), happy),
        silent: () => host(scp(), []),
        hangsOnce: () => host(scp(), [], happy),
        drops: () => host(scp(), [{ say: "Permission denied" }, "unplug"]),
        refuses: () => host(scp().answer("scp", { code: 1, stderr: refusal }), happy),
      },
    },
    {
      device,
      block: { method: "schroot", connection: "ssh", schroot: "sid" },
      scenes: sessionScenes(
        {
          works: () => new ScriptedBoard([{ hear: "schroot -c sid\n" }, { say: "(sid)# " }]),
          silent: () => new ScriptedBoard([]),
          hangsOnce: "it is one action, tried once",
          drops: () => new ScriptedBoard([{ hear: "schroot -c sid\n" }, "unplug"]),
        },
        (console) => [[SessionSlot, { console, prompts: ["# "], lineSeparator: "\n" }]],
      ),
    },
  ],
});
for (const { name, skip, run } of contract) test.skipIf(skip)(`contract: ${name}`, run);
