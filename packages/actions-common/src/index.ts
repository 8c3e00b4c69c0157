export * from "./slots.js";
