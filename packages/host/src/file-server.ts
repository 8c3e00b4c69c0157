import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { networkInterfaces } from "node:os";
import { basename } from "node:path";
import { configurationError, type FileServer, infrastructureError } from "@basalt/core";

export interface FileServerOptions {
  /** Port to listen on; any free one if absent. */
  readonly port?: number;
  /** Address that devices are told to fetch from (dispatcher.yaml: dispatcher_ip). Where it is not set, nothing is offered. */
  readonly advertisedHost: string | undefined;
}

const addressOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

/**
 * Where to listen for an address that devices use: on it, where it is this machine's. Else on loopback: QEMU's user network calls that
 * 10.0.2.2, and what an admin forwards ends there, too.
 */
function bindAddress(advertisedHost: string | undefined): string {
  const own = Object.values(networkInterfaces()).flatMap((addresses) =>
    (addresses ?? []).map(({ address }) => address),
  );
  return advertisedHost !== undefined && own.includes(advertisedHost) ? advertisedHost : "127.0.0.1";
}

const notReachable = (): Error =>
  configurationError(
    "ERR_FILE_SERVER_ADDRESS",
    "the device can't fetch files from this worker, which listens on loopback only: set dispatcher_ip to the address that devices reach it at (10.0.2.2 for QEMU's user network)",
  );

/** Serves single files of running jobs over HTTP, each under a name that nobody can guess. Listens from the first offer on. */
export function createFileServer({ port = 0, advertisedHost }: FileServerOptions): FileServer & AsyncDisposable {
  const bind = bindAddress(advertisedHost);
  const offered = new Map<string, string>();
  let listening: Promise<Server> | undefined;

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = offered.get(new URL(request.url ?? "/", "http://x").pathname);
    if (path === undefined || !["GET", "HEAD"].includes(request.method ?? ""))
      return void response.writeHead(404).end();
    const { size } = await stat(path);
    response.writeHead(200, { "content-length": size, "content-type": "application/octet-stream" });
    if (request.method === "HEAD") return void response.end();
    createReadStream(path)
      .on("error", () => response.destroy())
      .pipe(response);
  };

  const listen = (): Promise<Server> => {
    listening ??= new Promise((resolve, reject) => {
      const server = createServer((request, response) => {
        answer(request, response).catch(() => response.destroy());
      });
      server.once("error", (cause) =>
        reject(
          infrastructureError(
            "ERR_FILE_SERVER",
            `can't offer files to the device on ${bind}:${port}: ${cause.message}`,
            { cause },
          ),
        ),
      );
      server.listen(port, bind, () => resolve(server));
    });
    return listening;
  };

  return {
    async offer(path, cleanup) {
      if (advertisedHost === undefined) throw notReachable();
      const server = await listen();
      const name = `/tmp/${randomBytes(12).toString("hex")}/${basename(path)}`;
      offered.set(name, path);
      cleanup.defer(`offer of ${basename(path)}`, () => void offered.delete(name));
      return `http://${advertisedHost}:${addressOf(server)}${name}`;
    },
    async [Symbol.asyncDispose]() {
      const server = await listening?.catch(() => undefined); // one that never listened has nothing to close
      if (!server) return;
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
