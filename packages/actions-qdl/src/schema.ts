import { type JsonSchema, schema } from "@basalt/core";

const { common, flag, text, textOrTexts } = schema;

/** Keys of `deploy: {to: qdl}` (lava-dispatcher.md 1.4). */
export const deploySchema: JsonSchema = {
  title: "Build for a Qualcomm board",
  description: "Fetches and unpacks a build that qdl can flash.",
  required: ["qcomflash"],
  properties: {
    qcomflash: {
      ...common("extendedUrl", "The build: a tar archive with the firehose program, its XML files and the images."),
      properties: { "apply-overlay": flag("Put the tests' overlay into `rootfs_image`.") },
    },
    rootfs_image: text("File of the build that holds the root file system (ext2, ext3 or ext4), for the overlay."),
    uniquify: flag("Give the file a folder of its own."),
  },
};

/** Keys of `boot: {method: qdl}` (lava-dispatcher.md 1.5). */
export const bootSchema: JsonSchema = {
  title: "Qualcomm's emergency download mode",
  description: "Brings the board into its emergency download mode (EDL) and flashes the deployed build with qdl.",
  required: ["firehose_program", "rawprogram"],
  properties: {
    firehose_program: text("The program that flashes, which qdl loads into the board first: a file of the build."),
    rawprogram: textOrTexts("XML files that say what goes where. `*` stands for any text: rawprogram*.xml."),
    patch: textOrTexts("XML files with what is to be changed afterwards; needed. `*` stands for any text."),
    path: text("Folder of the build that holds these files; its top folder if absent."),
    storage: text("Kind of storage: ufs, emmc, nand, nvme or spinor; qdl's default if absent."),
    debug: flag("Let qdl tell all that it says to the board."),
    docker: common("docker", "Run qdl in a container."),
  },
};
