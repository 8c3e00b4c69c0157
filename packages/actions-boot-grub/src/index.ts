import { definePlugin } from "@basalt/core";
import { grub } from "./grub.js";
import { grubSequence } from "./grub-sequence.js";

export default definePlugin({ name: "@basalt/actions-boot-grub", strategies: [grubSequence, grub] });
