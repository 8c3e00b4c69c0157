import { defineAction, optional } from "@basalt/core";
import { MediaRootSlot } from "./boot-slots.js";

/** Tells where an image was written on the device's own media, for commands that load from there. */
export const bootloaderFromMedia = (name = "bootloader-from-media") =>
  defineAction({
    name,
    summary: "find the image on the device's own media",
    reads: { media: optional(MediaRootSlot) },
    async run({ media }, { log }) {
      if (media) log.debug(`root ${media.root}, boot part ${media.part}`);
    },
  });
