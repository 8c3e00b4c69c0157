import { FakeClock } from "@basalt/testing";
import { expect, test } from "vitest";
import type { Log } from "../run/log.js";
import { makePower, type PowerSwitch } from "./make-power.js";

const signal = new AbortController().signal;

function outlet({ stuck = false, slowMs = 0 } = {}, clock = new FakeClock({ autoAdvance: true })) {
  const did: string[] = [];
  const said: string[] = [];
  let state: "on" | "off" = "off";
  let changesAt = 0;
  let next: "on" | "off" = "off";
  const turn = (to: "on" | "off") => async () => {
    did.push(to);
    if (stuck) return;
    next = to;
    changesAt = clock.monotonic() + slowMs;
  };
  const driver: PowerSwitch = {
    what: "outlet 3",
    on: turn("on"),
    off: turn("off"),
    async state() {
      if (clock.monotonic() >= changesAt) state = next;
      return state;
    },
  };
  const log = { debug: () => {}, warning: (text: string) => said.push(text) } as unknown as Log;
  return { driver, did, said, clock, options: { signal, log } };
}

test("a reset is off, a pause and on, and tells when nothing can speak", async () => {
  const { driver, did, clock, options } = outlet();
  const moments: string[] = [];
  await makePower(driver, { clock, offMs: 3_000 }).reset({
    ...options,
    whileOff: async () => void moments.push(did.join(" ")),
  });
  expect(did).toEqual(["off", "on"]);
  expect(moments).toEqual(["off"]);
  expect(clock.monotonic()).toBe(3_000);
});

test("an outlet that says yes and does nothing is the lab's fault", async () => {
  const { driver, clock, options } = outlet({ stuck: true });
  await expect(makePower(driver, { clock }).on(options)).rejects.toMatchObject({
    kind: "infrastructure",
    code: "ERR_POWER_STATE",
    message: expect.stringContaining("outlet 3 accepted 'on'"),
  });
});

test("a slow outlet is waited for", async () => {
  const { driver, clock, options } = outlet({ slowMs: 1_500 });
  await makePower(driver, { clock }).on(options);
  expect(clock.monotonic()).toBeGreaterThanOrEqual(1_500);
});

test("an outlet that can't tell is believed, with a warning", async () => {
  const { driver, clock, options, said } = outlet();
  await makePower({ ...driver, state: async () => "unknown" }, { clock }).on(options);
  expect(said).toEqual([expect.stringContaining("can't check")]);
});

test("the hardware's own reset is used where there is one", async () => {
  const { driver, did, clock, options } = outlet();
  const { state: _state, ...blind } = driver;
  await makePower({ ...blind, reset: async () => void did.push("reset") }, { clock }).reset(options);
  expect(did).toEqual(["reset"]);
});
