import { connect, type Socket } from "node:net";
import { infrastructureError } from "@basalt/core";

/** What to look at when a console server refuses: from the first causes to the last (LAVA's administration guide lists them). */
const refusedCauses =
  "check that the port is the one in the console server's configuration (ser2net.yaml), that the console server runs, that the serial device node exists on it, and that no firewall is between";

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: refusedCauses,
  ENOTFOUND: "the name is not known: check its spelling and this worker's DNS",
  EHOSTUNREACH: "there is no way to that host: check its address and that it is on",
  ETIMEDOUT: "the host did not answer: check its address and that it is on",
};

/** Opens a TCP connection. @throws ERR_CONNECTION_REFUSED (infrastructure) naming host, port and what to check */
export function openSocket(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({ host, port, noDelay: true });
    const onAbort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("error", (cause: NodeJS.ErrnoException) => {
      signal.removeEventListener("abort", onAbort);
      const hint = reasons[cause.code ?? ""] ?? refusedCauses;
      reject(
        infrastructureError(
          "ERR_CONNECTION_REFUSED",
          `can't connect to the console at ${host} port ${port} (${cause.code ?? cause.message}): ${hint}`,
          { cause, details: { host, port } },
        ),
      );
    });
    socket.once("connect", () => {
      signal.removeEventListener("abort", onAbort);
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
