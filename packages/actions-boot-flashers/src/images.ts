import { splitCommand } from "@basalt/actions-common";
import { asTexts, type Json } from "@basalt/core";

export { type DeployedImage, deployedImages, imagePath, imageSlots, putPaths } from "@basalt/actions-common";

/** Options of a dictionary, each split as a shell would: `-if SWD` is two words. */
export const optionWords = (value: Json | undefined): readonly string[] =>
  asTexts(value).flatMap((option) => splitCommand(option));
