import { definePlugin } from "@basalt/core";
import { boot, deploy } from "./strategies.js";

export { boot, deploy };

export default definePlugin({ name: "@basalt/actions-fvp", strategies: [deploy, boot] });
