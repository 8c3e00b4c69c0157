import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "@basalt/core";
import { idleClock } from "@basalt/testing";
import { type WebSocket, WebSocketServer } from "ws";

export interface FakeAvhOptions {
  /** States that an instance goes through, one a look; the last one stays. */
  readonly states?: readonly string[];
  /** Answers in place of the fake's own, by `METHOD /path`: status and body. */
  readonly answers?: Readonly<Record<string, readonly [number, string]>>;
  /** What happens on a console when it is opened for the nth time, from 1. */
  onConsole?(socket: WebSocket, nth: number): void;
}

/** A request as the far side saw it. */
export interface Seen {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export const apiToken = "s3cr3t-api-token";
export const bearer = "s3ss10n-bearer";

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("latin1");
}

/** A stand-in for Arm Virtual Hardware's REST API and console, on loopback. */
export class FakeAvh implements AsyncDisposable {
  readonly seen: Seen[] = [];
  /** What is there: instances and images. */
  readonly held = new Set<string>();
  /** What was typed into consoles. */
  typed = "";
  consoles = 0;
  /** Instances made. */
  made = 0;
  /** Consoles that were opened and closed, by number. */
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  #options: FakeAvhOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  #looks = 0;
  #activity = 0;

  private constructor(options: FakeAvhOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on("connection", () => this.#activity++);
    this.#sockets = new WebSocketServer({ noServer: true });
    this.#server.on("upgrade", (request, socket, head) => {
      this.#activity++;
      if (!request.url?.startsWith("/console?token=")) return void socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#console(opened));
    });
  }

  static async start(options: FakeAvhOptions = {}): Promise<FakeAvh> {
    const fake = new FakeAvh(options);
    await new Promise<void>((resolve) => fake.#server.listen(0, "127.0.0.1", resolve));
    return fake;
  }

  /** A clock that moves on when nobody has anything to say any more: a busy machine takes longer for the same. */
  makeClock(): Clock {
    return idleClock(() => this.#activity);
  }

  /** As if it had just begun, with other behaviour. */
  reset(options: FakeAvhOptions): void {
    this.#options = options;
    for (const list of [this.seen, this.opened, this.closed]) list.length = 0;
    this.held.clear();
    [this.typed, this.consoles, this.made, this.#looks] = ["", 0, 0, 0];
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/api`;
  }

  get lines(): readonly string[] {
    return this.seen.map(({ line }) => line);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #console(socket: WebSocket): void {
    const name = `console-${++this.consoles}`;
    this.opened.push(name);
    this.#activity++;
    socket.on("close", () => {
      this.#activity++;
      this.closed.push(name);
    });
    socket.on("message", (data) => {
      this.#activity++;
      this.typed += String(data);
    });
    this.#options.onConsole?.(socket, this.consoles);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const line = `${request.method} ${(request.url ?? "").replace(/^\/api/, "")}`;
    this.seen.push({ line, authorization: request.headers.authorization, body: await bodyOf(request) });
    const scripted = this.#options.answers?.[line];
    const [status, text] = scripted ?? this.#own(line);
    response.writeHead(status, { "content-type": "application/json" }).end(text);
  }

  #own(line: string): readonly [number, string] {
    const { authorization, body } = this.seen.at(-1) as Seen;
    const answer = (json: unknown, status = 200) => [status, JSON.stringify(json)] as const;
    if (line === "POST /v1/auth/login") {
      if (JSON.parse(body).apiToken === apiToken) return answer({ token: bearer, expiration: "2030-01-01T00:00:00Z" });
      return answer({ error: `no such token ${JSON.parse(body).apiToken}`, errorID: "PermissionDenied" }, 403);
    }
    if (authorization !== `Bearer ${bearer}`) return answer({ error: "Invalid or missing authorization token" }, 403);
    if (line === "GET /v1/projects")
      return answer([
        { id: "p-0", name: "Other" },
        { id: "p-1", name: "Default Project" },
      ]);
    if (line === "POST /v1/images") return this.#hold("image", 1);
    if (line === "POST /v1/instances") return this.#hold("instance", ++this.made);
    const [, method, id = ""] = /^(\w+) \/v[12]\/\w+\/([\w-]+)/.exec(line) ?? [];
    if (!this.held.has(id)) return answer({ error: "not found" }, 404);
    if (method === "DELETE") return this.held.delete(id) ? [204, ""] : [404, ""];
    const { states = ["creating", "on"] } = this.#options;
    const state = states[Math.min(this.#looks, states.length - 1)];
    if (line.endsWith("/console")) {
      if (state === undefined || this.#looks < 2) return answer({ error: "not yet" }, 400);
      return answer({ url: `${this.endpoint.replace("http", "ws").replace("/api", "")}/console?token=${bearer}` });
    }
    this.#looks++;
    return answer({ id, state, ...(state === "error" ? { error: "no such flavor" } : {}) });
  }

  #hold(kind: string, number: number): readonly [number, string] {
    this.held.add(`${kind}-${number}`);
    this.#looks = 0;
    return [200, JSON.stringify({ id: `${kind}-${number}`, status: "active" })];
  }
}
