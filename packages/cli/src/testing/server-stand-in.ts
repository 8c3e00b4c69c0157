import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Json } from "@basalt/core";

/** A request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly body: unknown;
}

export interface Answer {
  readonly status?: number;
  /** JSON, or a text as it is. */
  readonly body?: Json | { readonly text: string };
  /** The connection is closed without an answer. */
  readonly cut?: true;
}

async function read(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const text = Buffer.concat(parts).toString();
  return text === "" ? undefined : JSON.parse(text);
}

/** A server that answers as told, and keeps what it was asked. */
export async function serverStandIn(answer: (request: SeenRequest) => Answer) {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void read(request).then((body) => {
      const token = request.headers.authorization;
      const one = { method: request.method ?? "", path: request.url ?? "", token, body };
      seen.push(one);
      const { status = 200, body: said = {}, cut } = answer(one);
      if (cut) return void response.destroy();
      const text = (said as { text?: unknown }).text;
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(typeof text === "string" ? text : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
