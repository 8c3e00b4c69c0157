import { createServer, type Server as HttpServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { CleanupStack, type Clock, configurationError, type DaemonLog, infrastructureError } from "@basalt/core";
import { openServerEncryption, type ServerKeyFiles } from "@basalt/link";
import type { PluginCatalog } from "@basalt/plugin-loader";
import { type Lab, type LabOptions, openLab } from "./lab.js";
import { leaveServerNote, type ServerNote } from "./server-note.js";
import { inWords } from "./store/errors.js";
import { openStore, type Store } from "./store/index.js";
import { tryWhileItIsLost } from "./store/try-while-lost.js";

export interface ServerOptions {
  /** Logs, keys, and the database where none is named. */
  readonly stateFolder: string;
  /** PostgreSQL 15 or newer; without it, one of our own in the state folder. */
  readonly databaseUrl?: string | undefined;
  /** Where pages and API listen. */
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** Where workers dial in: `tcp://127.0.0.1:5556`; a port of `*` takes a free one. */
  readonly workers: string;
  /** None: plain connections. */
  readonly encryption?: ServerKeyFiles;
  readonly autoRegister: boolean;
  readonly extraContext?: readonly string[];
  readonly jobLostAfter?: number;
  readonly queueTimeout?: number;
  readonly catalog: PluginCatalog;
  readonly version: string;
  readonly clock: Clock;
  readonly log: DaemonLog;
  /** What answers HTTP once the lab is open. */
  http(lab: Lab, options: { readonly url: string }): Promise<HttpFront>;
}

/** The HTTP side of a server. */
export interface HttpFront extends AsyncDisposable {
  /** Given a server that listens already; answers its requests and upgrades. */
  attach(server: HttpServer): void;
}

export interface RunningServer extends AsyncDisposable {
  /** Of the pages: `http://127.0.0.1:8000`. */
  readonly url: string;
  /** For workers: `tcp://127.0.0.1:5556`. */
  readonly endpoint: string;
  readonly lab: Lab;
}

/** Starts a server: database, scheduler, link and HTTP. Disposing stops it; jobs go on. @throws what keeps it from starting */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { stateFolder, databaseUrl, clock, log } = options;
  const cleanup = new CleanupStack();
  let stopped: Promise<void> | undefined;
  let opened: Store | undefined;
  // in order, whoever asks and how often: the database goes last
  const stop = (): Promise<void> => {
    // a database that is away is not waited for
    opened?.hurry();
    stopped ??= cleanup.unwind((what, error) => log.warning(`could not ${what}: ${inWords(error)}`));
    return stopped;
  };
  try {
    const encryption =
      options.encryption && cleanup.use(await openServerEncryption(options.encryption, log), "stop watching keys");
    const store = cleanup.use(await openStore({ url: databaseUrl, stateFolder, clock, log }), "close the database");
    opened = store;
    log.info(`the database is PostgreSQL ${store.serverVersion} (${store.kind}) at ${store.url}`);
    const { server, url, answerHeld } = await listen(options);
    cleanup.defer("stop listening for HTTP", () => closeHttp(server));
    const labParts = {
      ...labOptions(options),
      store,
      url,
      endpoint: options.workers,
      ...(encryption ? { encryption } : {}),
    };
    const lab = cleanup.use(await tryWhileItIsLost(() => openLab(labParts), { clock, log }), "stop the lab");
    // after the WebSockets, which it would wait for, and before what answers need
    cleanup.defer("stop answering HTTP", () => closeHttp(server));
    const front = cleanup.use(await options.http(lab, { url }), "close WebSockets");
    front.attach(server);
    answerHeld();
    const endpoint = lab.link?.endpoint ?? "";
    const note = { id: lab.id, url, endpoint, encrypted: encryption !== undefined };
    await leaveNote(options, { lab, note, cleanup });
    log.info(`workers dial ${endpoint}${encryption ? " (encrypted)" : ""}`);
    log.info(`pages and API: ${url}`);
    log.info("[INIT] Basalt server has started.");
    return { url, endpoint, lab, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface NoteToLeave {
  readonly lab: Lab;
  readonly note: Omit<ServerNote, "host">;
  readonly cleanup: CleanupStack;
}

/** A server does not need it, so it serves without it, too. */
async function leaveNote({ stateFolder, log }: ServerOptions, { lab, note, cleanup }: NoteToLeave): Promise<void> {
  try {
    const alive = await lab.store.knex("servers").pluck<string[]>("id");
    cleanup.use(await leaveServerNote({ stateFolder, note, alive }), "take the server's note away");
  } catch (error) {
    log.warning(`could not note in ${stateFolder} that the server runs: ${inWords(error)}`);
  }
}

function labOptions(options: ServerOptions): Omit<LabOptions, "store" | "url" | "endpoint" | "encryption"> {
  const { encryption: _keys, ...rest } = options;
  return rest;
}

interface Listening {
  readonly server: HttpServer;
  readonly url: string;
  /** To be called when there is somebody to answer. */
  answerHeld(): void;
}

const noAddress = "that is no address of this machine; give one with --host, or 0.0.0.0 for all";
const listenTrouble: Readonly<Record<string, string>> = {
  ENOTFOUND: noAddress,
  EAI_AGAIN: noAddress,
  EADDRNOTAVAIL: noAddress,
  EACCES: "this user may not take that port; give one from 1024 with --port",
};

/** Binds the port at once, so that one that is taken is told before anything is started; requests wait until there is somebody to answer. */
async function listen({ host, port }: ServerOptions): Promise<Listening> {
  const server = createServer();
  // Node drops requests that nobody listens for, and leaves their connections open
  const held: Parameters<RequestListener>[] = [];
  const hold: RequestListener = (...request) => void held.push(request);
  server.on("request", hold);
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EADDRINUSE")
      throw configurationError(
        "ERR_PORT_TAKEN",
        `${host}:${port} is taken by another program: stop it, or give another port with --port`,
        { cause },
      );
    const why = listenTrouble[cause.code ?? ""] ?? `${cause.message}; correct --host or --port`;
    throw infrastructureError("ERR_LISTEN", `can't listen on ${host}:${port}: ${why}`, { cause });
  });
  const address = server.address() as AddressInfo;
  const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
  const answerHeld = (): void => {
    server.off("request", hold);
    for (const request of held.splice(0)) server.emit("request", ...request);
  };
  return { server, url: `http://${shown}:${address.port}`, answerHeld };
}

const closeHttp = (server: HttpServer): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
