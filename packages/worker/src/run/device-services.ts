import {
  ConnectionDriverToken,
  ConnectionsToken,
  type Device,
  PowerDriverToken,
  PowerToken,
  type Resolve,
} from "@basalt/core";
import { allOf, type Container, jobContainer, resolver, type Service } from "./container.js";
import { deviceConnections, devicePower } from "./drivers.js";

/** The services of a job: its host's, and its device's power and consoles. @throws ERR_DRIVER_UNKNOWN (configuration) */
export function deviceServices(root: Container, device: Device, services: readonly Service[]): Resolve {
  const job = jobContainer(root, services);
  const resolve = resolver(job);
  const power = devicePower(device, allOf(root, PowerDriverToken), resolve);
  const connections = deviceConnections(device, allOf(root, ConnectionDriverToken), resolve);
  job.register(PowerToken.key, { useValue: power }).register(ConnectionsToken.key, { useValue: connections });
  return resolve;
}
