/** Of a board's GRUB. */
export const parameters = { bootloader_prompt: "grub>" };

/** The menu of its UEFI firmware. */
export const menu = {
  parameters: {
    interrupt_prompt: "boot selection will start in",
    interrupt_string: " ",
    item_markup: ["[", "]"],
    item_class: "0-9",
    separator: " ",
    bootloader_prompt: "Start:",
  },
  pxe: [{ select: { items: ["LAVA PXE Grub"] } }],
};
