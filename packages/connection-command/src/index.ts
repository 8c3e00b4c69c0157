import { definePlugin } from "@basalt/core";
import { commandConnection } from "./command-connection.js";

export { commandConnection };

export default definePlugin({ name: "@basalt/connection-command", connections: [commandConnection] });
