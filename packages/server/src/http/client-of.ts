import type { IncomingMessage } from "node:http";

/** Who is at the other end of a connection, as koa says it of requests. */
export interface Client {
  readonly address: string;
  /** The name and port that they asked for. */
  readonly host: string;
}

const lastOf = (header: string | string[] | undefined): string | undefined =>
  [header ?? []].flat().join(",").split(",").at(-1)?.trim() || undefined;

/**
 * Of a request that koa does not see: one for a WebSocket. With `trustProxy` as the proxy says it: its own word is the last of
 * X-Forwarded-For, what stands before it was sent by the client.
 */
export function clientOf(
  { headers, socket }: Pick<IncomingMessage, "headers" | "socket">,
  trustProxy: boolean,
): Client {
  const address = trustProxy ? lastOf(headers["x-forwarded-for"]) : undefined;
  const host = trustProxy ? [headers["x-forwarded-host"] ?? []].flat().join(",").split(",")[0]?.trim() : undefined;
  return { address: address ?? socket.remoteAddress ?? "", host: host || (headers.host ?? "") };
}
