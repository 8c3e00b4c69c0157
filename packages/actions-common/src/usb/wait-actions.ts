import { posix } from "node:path";
import {
  type ActionContext,
  asList,
  asObject,
  asText,
  configurationError,
  type Device,
  defineAction,
  dig,
  type FileStore,
  FileStoreToken,
} from "@basalt/core";
import { matchesUsb, type UsbDevice, type UsbFilter, usbDevices } from "./usb-devices.js";

/** Between two looks, in milliseconds: sysfs and /dev are read, nothing tells of a change. */
const lookEveryMs = 250;

/** Looks again and again until there is something, for as long as the action may take. */
export async function lookUntil<T>(look: () => Promise<T | undefined>, ctx: ActionContext): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    await ctx.clock.sleep(lookEveryMs, { signal: ctx.signal });
  }
}

/** Identities that the dictionary gives a board on USB: `board_id`, and those of `device_info`. */
export function boardIds(device: Device): readonly string[] {
  const listed = asList(device.dictionary.device_info).map((entry) => asText(asObject(entry).board_id) ?? "");
  const all = [asText(device.dictionary.board_id) ?? "", ...listed];
  return [...new Set(all)].filter((id) => id !== "" && id !== "0000000000");
}

const key = (device: Device, name: string): string | undefined => asText(device.dictionary[name]);

/** What identifies a flashed board on USB: its ids, `usb_vendor_id` and `usb_product_id`. */
export const boardFilter = (device: Device): UsbFilter => ({
  serials: boardIds(device),
  vendorId: key(device, "usb_vendor_id"),
  productId: key(device, "usb_product_id"),
});

const named = ({ serials, vendorId, productId }: UsbFilter): string =>
  [serials.join(" or "), vendorId && `vendor ${vendorId}`, productId && `product ${productId}`]
    .filter(Boolean)
    .join(", ");

/** Waits until a device is on USB. */
export async function waitForUsb(files: FileStore, filter: UsbFilter, ctx: ActionContext): Promise<UsbDevice> {
  ctx.log.info(`waiting for USB device ${named(filter)}`);
  const device = await lookUntil(async () => (await usbDevices(files)).find((found) => matchesUsb(found, filter)), ctx);
  ctx.log.debug(`found ${device.node}`);
  return device;
}

/** `usb_sleep`: seconds that a board needs between showing up and answering. */
export async function usbSleep(ctx: ActionContext): Promise<void> {
  const seconds = Number(key(ctx.job.device, "usb_sleep") ?? 0);
  if (seconds > 0) await ctx.clock.sleep(seconds * 1000, { signal: ctx.signal });
}

/** An action that waits for a USB device. It is the lab's fault when it never comes. */
export const waitForUsbAction = (name: string, filter: (device: Device) => UsbFilter) =>
  defineAction({
    name,
    summary: "wait for the board on USB",
    needs: { files: FileStoreToken },
    blameOnTimeout: "infrastructure",
    async run({ files }, ctx) {
      await waitForUsb(files, filter(ctx.job.device), ctx);
      await usbSleep(ctx);
    },
  });

/** `wait-device-boardid` of the flashers: the board is on USB. */
export const waitDeviceBoardId = waitForUsbAction("wait-device-boardid", (device) => ({ serials: boardIds(device) }));

/** `wait-usb-serial`: the board's serial port over USB is there. */
export const waitUsbSerial = defineAction({
  name: "wait-usb-serial",
  summary: "wait for the board's serial port over USB",
  needs: { files: FileStoreToken },
  blameOnTimeout: "infrastructure",
  async run({ files }, ctx) {
    const ids = boardIds(ctx.job.device);
    const folder = "/dev/serial/by-id";
    ctx.log.info(`waiting for the serial port of ${ids.join(" or ")}`);
    const port = await lookUntil(
      async () => (await files.list(folder)).find((link) => ids.some((id) => link.includes(id))),
      ctx,
    );
    ctx.log.debug(`found ${posix.join(folder, port)}`);
    await usbSleep(ctx);
  },
});

/** `wait-device-path` and its kin: a path of the dictionary exists. */
export const waitForPath = (name: string, what: string, pathOf: (device: Device) => string | undefined) =>
  defineAction({
    name,
    summary: `wait for ${what}`,
    needs: { files: FileStoreToken },
    blameOnTimeout: "infrastructure",
    async validate(_services, { job: { device } }) {
      if (pathOf(device) === undefined)
        throw configurationError("ERR_DEVICE_INVALID", `device ${device.hostname} does not say where ${what} is`);
    },
    async run({ files }, ctx) {
      const path = pathOf(ctx.job.device) ?? "";
      ctx.log.info(`waiting for ${path}`);
      await lookUntil(async () => ((await files.exists(path)) ? path : undefined), ctx);
    },
  });

/** Where udev links the file system that the device's `usb_filesystem_label` names. */
export const labelledDisk = (device: Device): string | undefined => {
  const label = asText(dig(device.dictionary, "usb_filesystem_label"));
  return label === undefined ? undefined : `/dev/disk/by-label/${label}`;
};

/** `wait-usb-mass-storage-device`: the board shows its disk. */
export const waitUsbMassStorage = waitForPath("wait-usb-mass-storage-device", "the board's USB disk", labelledDisk);
