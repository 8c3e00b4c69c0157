import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { BasaltError } from "@basalt/core";
import { statusOf } from "../../submit/refusals.js";

/** Answers a request for a WebSocket with a refusal, and lets go of the connection: a client that keeps its half open holds nothing here. */
export function refuseUpgrade(socket: Duplex, error: BasaltError): void {
  const status = statusOf(error) ?? 503;
  const { retryAfter } = error.details;
  const detail = statusOf(error) === undefined ? "the server failed: try again" : error.message;
  const body = JSON.stringify({ detail, code: error.code });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Error"}`,
    "Connection: close",
    "Content-Type: application/json",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 401 ? ["WWW-Authenticate: Token"] : []),
    ...(typeof retryAfter === "number" ? [`Retry-After: ${retryAfter}`] : []),
  ];
  socket.once("finish", () => socket.destroy());
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
