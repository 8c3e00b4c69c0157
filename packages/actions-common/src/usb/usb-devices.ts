import { posix } from "node:path";
import type { FileStore } from "@basalt/core";

/** A USB device that is plugged in, as the kernel's sysfs describes it. */
export interface UsbDevice {
  readonly serial: string;
  readonly vendorId: string;
  readonly productId: string;
  readonly product: string;
  /** Its device node: `/dev/bus/usb/001/004`. */
  readonly node: string;
}

const sysfs = "/sys/bus/usb/devices";

/** What the USB devices of this worker are. A device that goes while it is read is left out. */
export async function usbDevices(files: FileStore): Promise<readonly UsbDevice[]> {
  const found: UsbDevice[] = [];
  for (const name of await files.list(sysfs)) {
    const read = async (attribute: string): Promise<string> => {
      const path = posix.join(sysfs, name, attribute);
      return (await files.exists(path)) ? (await files.readText(path)).trim() : "";
    };
    const device = await readDevice(read).catch(() => undefined);
    if (device) found.push(device);
  }
  return found;
}

async function readDevice(read: (attribute: string) => Promise<string>): Promise<UsbDevice | undefined> {
  const [bus, number] = [await read("busnum"), await read("devnum")];
  if (bus === "" || number === "") return undefined; // an interface of a device
  return {
    serial: await read("serial"),
    vendorId: await read("idVendor"),
    productId: await read("idProduct"),
    product: await read("product"),
    node: `/dev/bus/usb/${bus.padStart(3, "0")}/${number.padStart(3, "0")}`,
  };
}

/** What a USB device must be; what is absent or empty does not count. */
export interface UsbFilter {
  /** Any of these. A name that udev makes of the product (`QUSB_BULK_CID:0420_SN:1234`) counts as one. */
  readonly serials: readonly string[];
  readonly vendorId?: string | undefined;
  readonly productId?: string | undefined;
}

const normal = (text: string): string => text.toLowerCase();

/** Whether a device is the one that is looked for. */
export function matchesUsb(device: UsbDevice, { serials, vendorId, productId }: UsbFilter): boolean {
  const is = (wanted: string | undefined, value: string): boolean =>
    wanted === undefined || wanted === "" || normal(wanted) === value.toLowerCase();
  const wanted = serials.filter((serial) => serial !== "");
  const named = wanted.some((serial) =>
    [device.serial, device.product].some((own) => own !== "" && normal(own).replaceAll(" ", "_") === normal(serial)),
  );
  return (wanted.length === 0 || named) && is(vendorId, device.vendorId) && is(productId, device.productId);
}
