import {
  asObject,
  type ConnectionDriver,
  type Connections,
  type Device,
  type Power,
  type PowerDriver,
  type Resolve,
} from "@basalt/core";
import { powerDriverName, unknownDriver, type WantedDriver } from "@basalt/plugin-loader";

function findDriver<D extends { readonly name: string }>(drivers: readonly D[], wanted: WantedDriver): D {
  const found = drivers.find(({ name }) => name === wanted.name);
  if (found) return found;
  throw unknownDriver(
    wanted,
    drivers.map(({ name }) => name),
  );
}

/** Power of a device that has no way to switch it: QEMU starts and ends with its process. */
const noPower: Power = Object.freeze({ on: async () => {}, off: async () => {}, reset: async () => {} });

/** Power by `power.driver`, or `command` for LAVA's commands; one that does nothing where the device has no power control. @throws ERR_DRIVER_UNKNOWN */
export function devicePower(device: Device, drivers: readonly PowerDriver[], resolve: Resolve): Power {
  const name = powerDriverName(device);
  if (name === undefined) return noPower;
  const { driver: _, ...config } = asObject(device.dictionary.power);
  return findDriver(drivers, { what: "power", name, device }).create({ device, config, resolve });
}

/** Consoles by the drivers that the device's connections name; all of these must be there. @throws ERR_DRIVER_UNKNOWN */
export function deviceConnections(device: Device, drivers: readonly ConnectionDriver[], resolve: Resolve): Connections {
  const driverOf = (name: string): ConnectionDriver => findDriver(drivers, { what: "connection", name, device });
  for (const { driver } of device.connections) driverOf(driver);
  return {
    open: (connection, { signal }) => driverOf(connection.driver).open({ device, connection, resolve, signal }),
  };
}
