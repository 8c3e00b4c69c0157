import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "../store/store.js";

const socketName = (folder: string, port: number): string => join(folder, `.s.PGSQL.${port}`);

/** Stands before the PostgreSQL of a test's store: whoever comes through `url` sees it go away and come back. */
export interface DatabaseGate extends AsyncDisposable {
  readonly url: string;
  /** Cuts all connections; new ones are refused. */
  shut(): Promise<void>;
  open(): Promise<void>;
}

export async function databaseGate(store: Pick<Store, "secretUrl">): Promise<DatabaseGate> {
  const to = new URL(store.secretUrl.replace("@/", "@localhost/"));
  const socket = socketName(to.searchParams.get("host") ?? "", Number(to.searchParams.get("port")));
  const folder = await mkdtemp(join(tmpdir(), "basalt-gate-"));
  const sockets = new Set<Socket>();
  let server: Server | undefined;
  const open = async (): Promise<void> => {
    server = createServer((near) => {
      const far = connect(socket);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on("error", () => {});
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    server.listen(socketName(folder, 5432));
    await once(server, "listening");
  };
  const shut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server?.close(resolve) ?? resolve(undefined));
    for (const one of sockets) one.destroy();
    await closed;
  };
  await open();
  return {
    url: store.secretUrl.replace(/\?.*$/, `?host=${folder}&port=5432`),
    open,
    shut,
    async [Symbol.asyncDispose]() {
      if (server?.listening) await shut();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
