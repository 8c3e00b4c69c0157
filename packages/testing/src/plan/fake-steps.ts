import { defineStrategy, type Section, type Strategy, sequence } from "@basalt/core";

const step = (section: Section, method: string): Strategy =>
  defineStrategy({ section, method, schema: {}, plan: () => sequence(`fake-${section}`) });

/** A kind of test that needs what a test shell needs of deploy and boot, and does nothing. */
export const fakeTests: Strategy = defineStrategy({
  section: "test",
  method: "definitions",
  schema: {},
  traits: () => ({ needsOverlay: true, needsDeploymentData: true, hasShell: true }),
  plan: () => sequence("fake-test"),
});

/** Blocks that do nothing, for jobs about another block: `deploy: {to: fake}`, `boot: {method: fake}`, `test: {definitions: []}`. */
export const fakeSteps: readonly Strategy[] = [step("deploy", "fake"), step("boot", "fake"), fakeTests];
