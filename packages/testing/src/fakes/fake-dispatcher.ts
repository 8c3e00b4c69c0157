import type { Dispatcher } from "@basalt/core";

/** A worker at 10.0.0.1 with nothing special about it. */
export const fakeDispatcher = (changes: Partial<Dispatcher> = {}): Dispatcher => ({
  ip: "10.0.0.1",
  prefix: "",
  environmentForDevice: {},
  config: {},
  ...changes,
});
