export { type NamedOverlay, OverlayAppliedSlot } from "./append-overlays.js";
export * from "./download-plan.js";
export * from "./download-spec.js";
export * from "./fetch-action.js";
