export { splitCommand } from "@basalt/core";
