import type { FakeFiles } from "./fake-files.js";

/** A device on USB, as sysfs shows it. */
export interface FakeUsbDevice {
  readonly serial: string;
  readonly idVendor?: string;
  readonly idProduct?: string;
  readonly product?: string;
  readonly busnum?: number;
  readonly devnum?: number;
}

/** Plugs a USB device in: its sysfs entries, and its serial port by id. */
export function plugUsb(files: FakeFiles, device: FakeUsbDevice, port = "1-1"): FakeFiles {
  for (const [key, value] of Object.entries({ busnum: 1, devnum: 7, ...device }))
    void files.write(`/sys/bus/usb/devices/${port}/${key}`, `${value}\n`);
  void files.makeLink("../../ttyACM0", `/dev/serial/by-id/usb-${device.serial}-if00`);
  return files;
}
