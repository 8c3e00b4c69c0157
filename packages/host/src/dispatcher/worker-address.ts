import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";

const loopback = "127.0.0.1";

type Interfaces = ReturnType<typeof networkInterfaces>;

/** The interface of the default route in `/proc/net/route`: the one with the lowest metric. */
function defaultInterface(routes: string): string | undefined {
  const rows = routes
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const defaults = rows.filter(([, destination, , , , , , mask]) => destination === "00000000" && mask === "00000000");
  return defaults.toSorted((a, b) => Number(a[6]) - Number(b[6]))[0]?.[0];
}

/** The address that devices reach this machine at, from its routes and interfaces alone. */
export function chooseAddress(routes: string, interfaces: Interfaces): string {
  const ipv4 = Object.entries(interfaces).flatMap(([name, addresses = []]) =>
    addresses
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => ({ name, address })),
  );
  const wanted = defaultInterface(routes);
  return (ipv4.find(({ name }) => name === wanted) ?? ipv4[0])?.address ?? loopback;
}

/** IPv4 address of the interface with the default route, or of the first that is not loopback, or 127.0.0.1. Sends nothing. */
export async function workerAddress(): Promise<string> {
  const routes = await readFile("/proc/net/route", "utf8").catch(() => "");
  return chooseAddress(routes, networkInterfaces());
}
