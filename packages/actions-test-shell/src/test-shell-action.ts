import { shellTestAction } from "@basalt/actions-common";
import type { PlanRequest } from "@basalt/core";

/** `lava-test-shell`: runs a stage's definitions in the device's shell. */
export const testShellAction = (request: Pick<PlanRequest, "block" | "job" | "stage">) =>
  shellTestAction("lava-test-shell", request);

/** `multinode-test`: the same, whose definitions may talk to the other jobs of the group. */
export const multinodeTestAction = (request: Pick<PlanRequest, "block" | "job" | "stage">) =>
  shellTestAction("multinode-test", request, { needsGroup: true });
