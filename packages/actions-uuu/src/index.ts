import { definePlugin } from "@basalt/core";
import { boot } from "./boot.js";
import { deploy } from "./deploy.js";

export { boot, deploy };

export default definePlugin({ name: "@basalt/actions-uuu", strategies: [deploy, boot] });
