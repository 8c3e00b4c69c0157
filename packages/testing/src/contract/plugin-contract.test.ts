import {
  type ActionContext,
  defineAction,
  definePlugin,
  defineStrategy,
  infrastructureError,
  type Plugin,
  type Power,
} from "@basalt/core";
import { expect, test } from "vitest";
import { ScriptedBoard } from "../board/scripted-board.js";
import { FakePower } from "../fakes/fake-power.js";
import { type PluginContract, pluginContract } from "./plugin-contract.js";

const checkOf = (plugin: Plugin, contract: Omit<PluginContract, "manifest">, name: string) => {
  const found = pluginContract(plugin, { manifest: {}, ...contract }).find((one) => one.name.includes(name));
  if (!found) throw new Error(`no check '${name}'`);
  return found;
};

const bootPlugin = (run: (ctx: ActionContext) => void, schema: object = {}): Plugin =>
  definePlugin({
    name: "x",
    strategies: [
      defineStrategy({
        section: "boot",
        method: "x",
        schema: { title: "X", description: "X.", ...schema },
        plan() {
          const action = defineAction({ name: "x", summary: "x", run: async (_none, ctx) => run(ctx) });
          return action;
        },
      }),
    ],
  });
const noScenes = { refuses: {}, hangsOnce: "none", stuck: "none" };
const silent = (): ScriptedBoard => new ScriptedBoard([]);
const boot = {
  device: { hostname: "board-01" },
  block: { method: "x" },
  boards: { works: silent, silent, hangsOnce: silent, drops: silent },
};

test("a key that nothing describes is named, however deep", async () => {
  const schema = { properties: { a: { description: "A.", properties: { b: { type: "string" } } } } };
  await expect(
    checkOf(
      bootPlugin(() => {}, schema),
      {},
      "described",
    ).run(),
  ).rejects.toThrow("a.b");
});

test("a manifest that says something else is refused", async () => {
  await expect(
    checkOf(
      bootPlugin(() => {}),
      {},
      "manifest",
    ).run(),
  ).rejects.toThrow();
});

test("a method that opens no console and passes on a silent board is caught", async () => {
  await expect(
    checkOf(
      bootPlugin(() => {}),
      { boot },
      "silent",
    ).run(),
  ).rejects.toThrow("no console was opened");
});

test("a listener that is left on an action's signal is caught, with the line that added it", async () => {
  const leaks = bootPlugin(({ signal }) => signal.addEventListener("abort", () => {}));
  const scenes = { boot: { ...boot, boards: { ...boot.boards, works: silent } } };
  const check = checkOf(leaks, scenes, "works boots");
  await expect(check.run()).rejects.toThrow(/listeners are left on signals:\n.*plugin-contract\.test/);
});

test("a timer that is left is caught", async () => {
  const timers: NodeJS.Timeout[] = [];
  const power: Power = {
    ...fromFake(new FakePower()),
    off: async () => void timers.push(setTimeout(() => {}, 60_000)),
  };
  const contract = { power: { ...noScenes, power: () => power, absent: () => power, isOn: () => false } };
  try {
    await expect(checkOf(powerPlugin, contract, "canceled switch").run()).rejects.toThrow("1 timers are left");
  } finally {
    timers.forEach(clearTimeout);
  }
  expect(timers).toHaveLength(1);
});

const powerPlugin = definePlugin({ name: "x" });
function fromFake(fake: FakePower): Power {
  return {
    on: (options) => fake.on(options),
    off: (options) => fake.off(options),
    reset: (options) => fake.reset(options),
  };
}

test("an outlet that says yes and does nothing is caught; one that works is not", async () => {
  const [good, idle] = [new FakePower(), new FakePower()];
  const absent = (): Power => {
    throw infrastructureError("ERR_POWER_UNREACHABLE", "not there");
  };
  const contract = (power: FakePower) => ({
    power: { ...noScenes, power: () => power, absent, isOn: () => good.isOn },
  });
  await checkOf(powerPlugin, contract(good), "do what they say").run();
  await good.off({ signal: new AbortController().signal, log: {} as never });
  await expect(checkOf(powerPlugin, contract(idle), "do what they say").run()).rejects.toThrow("after 'on'");
});

test("a method without scenarios fails, unless the contract says why; what has scenarios is not excused", async () => {
  const plugin = bootPlugin(() => {});
  const covers = (contract: Omit<PluginContract, "manifest">) => checkOf(plugin, contract, "has scenarios").run();
  await expect(covers({})).rejects.toThrow("no scenarios for boot x");
  await covers({ untested: { "boot x": "needs a cloud" } });
  expect(checkOf(plugin, { untested: { "boot x": "needs a cloud" } }, "boot x").skip).toBe("needs a cloud");
  await expect(covers({ boot, untested: { "boot x": "needs a cloud" } })).rejects.toThrow("boot x");
});

test("what does not apply says why, and is skipped; what a kind of plugin never does is not asked", () => {
  const plugin = bootPlugin(() => {});
  const scene = () => ({ board: silent() });
  const scenes = { works: scene, silent: scene, hangsOnce: "it is tried once" };
  expect(checkOf(plugin, { boot: { ...boot, scenes } }, "(skipped: it is tried once)").skip).toBe("it is tried once");
  const names = pluginContract(plugin, { manifest: {}, boot }).map(({ name }) => name);
  expect(names.filter((name) => name.includes("file that is not there"))).toEqual([]);
});
