import { asObject, hasKey, type MaybeNode, type PlanNode, type PlanRequest, retry } from "@basalt/core";
import { createOverlayPlan } from "../overlay/index.js";
import { appendOverlays, type NamedOverlay } from "./append-overlays.js";
import { type DownloadSpec, readDownload } from "./download-spec.js";
import { type DownloadTarget, fetchAction } from "./fetch-action.js";

/** Overlays that an URL dict names beside LAVA's own (`lava`), in order. */
function namedOverlays(spec: DownloadSpec): readonly NamedOverlay[] {
  return Object.entries(asObject(spec.options.overlays)).flatMap(([name, value]) =>
    name === "lava" ? [] : [{ name, spec: readDownload(`${spec.key}.${name}`, value) }],
  );
}

const plain = (spec: DownloadSpec, target: DownloadTarget, ...more: readonly MaybeNode[]): PlanNode =>
  retry("download-retry", fetchAction(spec, target), ...more);

/**
 * DL(k) of lava-dispatcher.md 7: `download-retry` with the fetching action, a nested one for each named overlay, and what puts
 * overlays into the file.
 */
export function downloadPlan(spec: DownloadSpec, target: DownloadTarget, request: PlanRequest): PlanNode {
  if (!hasKey(spec.options, "overlays")) return plain(spec, target);
  const overlays = namedOverlays(spec);
  const wantsLava = asObject(spec.options.overlays).lava === true;
  return plain(
    spec,
    target,
    ...overlays.map((overlay) => plain(overlay.spec, target)),
    wantsLava && !request.namespace.needsOverlay && createOverlayPlan(request),
    appendOverlays(spec, overlays, wantsLava),
  );
}
