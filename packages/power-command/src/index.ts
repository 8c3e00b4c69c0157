import { definePlugin } from "@basalt/core";
import { commandPower } from "./command-power.js";

export { commandPower };

export default definePlugin({ name: "@basalt/power-command", power: [commandPower] });
