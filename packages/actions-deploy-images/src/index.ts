import { definePlugin } from "@basalt/core";
import { deployIso } from "./iso-installer.js";
import { deployImages } from "./strategy.js";

export { applyOverlayGuest } from "./apply-overlay-guest.js";
export { deployImages, deployIso };

export default definePlugin({ name: "@basalt/actions-deploy-images", strategies: [deployImages, deployIso] });
