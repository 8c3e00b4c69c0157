import { definePlugin } from "@basalt/core";
import { deployImages } from "./strategy.js";

export { applyOverlayGuest } from "./apply-overlay-guest.js";
export { deployImages };

export default definePlugin({ name: "@basalt/actions-deploy-images", strategies: [deployImages] });
