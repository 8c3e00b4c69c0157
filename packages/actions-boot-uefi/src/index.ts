import { definePlugin } from "@basalt/core";
import { uefi } from "./uefi.js";
import { uefiMenu } from "./uefi-menu.js";

export default definePlugin({ name: "@basalt/actions-boot-uefi", strategies: [uefi, uefiMenu] });
