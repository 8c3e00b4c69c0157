import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { basename } from "node:path";
import { type FileServer, infrastructureError } from "@basalt/core";

export interface FileServerOptions {
  /** Address to listen on; loopback if absent, which QEMU's user network reaches too. */
  readonly bind?: string;
  /** Port to listen on; any free one if absent. */
  readonly port?: number;
  /** Host that devices are told to fetch from. */
  readonly advertisedHost: string;
}

const addressOf = (server: Server): number => {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
};

/** Serves single files of running jobs over HTTP, each under a name that nobody can guess. Listens from the first offer on. */
export function createFileServer({
  bind = "127.0.0.1",
  port = 0,
  advertisedHost,
}: FileServerOptions): FileServer & AsyncDisposable {
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
