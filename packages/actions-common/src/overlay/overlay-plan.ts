import {
  type AnyAction,
  type DeploymentData,
  defineAction,
  type MaybeNode,
  type PlanNode,
  type PlanRequest,
  sequence,
} from "@basalt/core";
import { DeploymentDataSlot } from "../slots.js";
import { type DefinitionEntry, definitionsOf } from "./definitions.js";
import {
  beginOverlay,
  checkDefinitions,
  compressOverlay,
  multinodeOverlay,
  plansSshKey,
  sshAuthorize,
} from "./overlay-actions.js";
import { repoPlan } from "./repo-actions.js";
import { testInstallOverlay, testOverlay, testRunscriptOverlay } from "./test-actions.js";

type OverlayRequest = Pick<PlanRequest, "device" | "namespace" | "deploymentData">;

export interface OverlayOptions {
  /** The node stays, without children, where no test needs an overlay (OVL* in lava-dispatcher.md 7: nfs, nbd, ssh). */
  readonly always?: boolean;
  /** False where the overlay is mounted as it is (`to: docker`, docker tests). */
  readonly compress?: boolean;
}

const definitionNodes = (entry: DefinitionEntry, data: DeploymentData): readonly PlanNode[] => [
  repoPlan(entry),
  testOverlay(entry),
  testInstallOverlay(entry, data),
  testRunscriptOverlay(entry),
];

function overlayTree(name: string, { deploymentData, device, namespace }: OverlayRequest, compress: boolean): PlanNode {
  const entries = definitionsOf(namespace);
  const definitions = entries.flatMap((entry) => definitionNodes(entry, deploymentData));
  return sequence(
    beginOverlay(name, deploymentData),
    plansSshKey(device) && sshAuthorize,
    multinodeOverlay,
    sequence(checkDefinitions(entries), ...definitions),
    compress && compressOverlay,
  );
}

/**
 * OVL of lava-dispatcher.md 7: `lava-overlay` with the definitions of all tests of the namespace. Undefined where no test needs an
 * overlay (pass it to `sequence`, which leaves it out), unless `always`.
 */
export function overlayPlan(
  request: OverlayRequest,
  { always = false, compress = true }: OverlayOptions = {},
): PlanNode | undefined {
  if (request.namespace.needsOverlay) return overlayTree("lava-overlay", request, compress);
  return always ? sequence("lava-overlay") : undefined;
}

/** `lava-create-overlay`: the same tree whatever the namespace's tests need, for `overlays: {lava: true}` and docker tests. */
export const createOverlayPlan = (request: OverlayRequest, { compress = true }: OverlayOptions = {}): PlanNode =>
  overlayTree("lava-create-overlay", request, compress);

/** `deploy-device-env`: what later blocks must know of the system that is deployed. */
export const deployDeviceEnv = (data: DeploymentData): AnyAction =>
  defineAction({
    name: "deploy-device-env",
    summary: "keep what the deployed system's shell is like",
    writes: { data: DeploymentDataSlot },
    run: async () => ({ data }),
  });

/** ENV of lava-dispatcher.md 7: only where a test of the namespace needs deployment data. */
export const environmentPlan = ({ deploymentData, namespace }: OverlayRequest): MaybeNode =>
  namespace.needsDeploymentData && deployDeviceEnv(deploymentData);
