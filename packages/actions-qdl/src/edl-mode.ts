import {
  boardIds,
  lookUntil,
  SessionSlot,
  sendLine,
  type UsbDevice,
  usbDevices,
  usbSleep,
} from "@basalt/actions-common";
import { asText, asTexts, type Device, defineAction, dig, FileStoreToken, methodOptions } from "@basalt/core";

/** `actions.boot.methods.qdl.parameters`. */
export const qdlParameters = (device: Device) => dig(methodOptions(device, "boot", "qdl"), "parameters");

/** What qdl calls the board: the serial number of its emergency download mode. */
export const qdlId = (device: Device): string => asText(device.dictionary.board_qdl_id) ?? "";

/** `enter-qdl`: types the device's `enter-commands` into its console; there are none where a reset is all it takes. */
export const enterQdl = defineAction({
  name: "enter-qdl",
  summary: "put the board into its emergency download mode",
  reads: { session: SessionSlot },
  async run({ session }, ctx) {
    for (const command of asTexts(dig(qdlParameters(ctx.job.device), "enter-commands")))
      await sendLine(session, command, ctx);
  },
});

const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Whether a USB device is the board in its emergency download mode. Its serial number is part of its product's name
 * (`QUSB_BULK_CID:0420_SN:0AA94EFD`), which the dictionary gives as `board_id`; some have it as their serial number.
 */
export function isInEdlMode(found: UsbDevice, device: Device): boolean {
  const of = (key: string, usual: string): string => asText(device.dictionary[key]) || usual;
  if (!same(found.vendorId, of("usb_vendor_id", "05c6")) || !same(found.productId, of("usb_product_id", "9008")))
    return false;
  const product = found.product.replaceAll(" ", "_");
  const serial = /_SN:([0-9a-f]+)/i.exec(product)?.[1] ?? found.serial;
  return same(serial, qdlId(device)) || boardIds(device).some((id) => same(id, product) || same(id, found.serial));
}

/** `wait-qdl-device`: the board shows up on USB. */
export const waitQdlDevice = defineAction({
  name: "wait-qdl-device",
  summary: "wait for the board's emergency download mode on USB",
  needs: { files: FileStoreToken },
  blameOnTimeout: "infrastructure",
  async run({ files }, ctx) {
    const { device } = ctx.job;
    ctx.log.info(`waiting for ${qdlId(device)} in its emergency download mode on USB`);
    const found = await lookUntil(async () => (await usbDevices(files)).find((one) => isInEdlMode(one, device)), ctx);
    ctx.log.debug(`found ${found.product || found.serial} at ${found.node}`);
    await usbSleep(ctx);
  },
});
