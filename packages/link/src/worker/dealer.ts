import { wireLimits } from "@basalt/core";
import { Dealer } from "zeromq";
import type { KeyPair } from "../keys/certificate.js";

/** The worker's keys and the server's public key. */
export interface WorkerEncryption {
  readonly keys: KeyPair;
  readonly serverKey: string;
  /** Where the worker's keys were read, for the log. */
  readonly keyFile?: string;
}

/** Why a connection ended. */
export type ConnectionEnd =
  | "lost"
  | "key refused"
  | "no encryption there"
  | "wrong server key"
  | "hung up"
  | "no answer"
  | "refused"
  | "revoked"
  | "away"
  | "stopped";

/** A socket for one connection, dialling until it has one. It gives up at the first thing that goes wrong after that. */
export function openDealer(
  { server, encryption }: { readonly server: string; readonly encryption?: WorkerEncryption | undefined },
  ended: (why: ConnectionEnd) => void,
): Dealer {
  const dealer = new Dealer({
    ipv6: server.includes("["),
    linger: 0,
    immediate: true, // nothing is queued for a server that isn't there
    sendHighWaterMark: 16,
    receiveHighWaterMark: 1_000,
    maxMessageSize: wireLimits.messageBytes + wireLimits.headerBytes,
    reconnectInterval: 100,
    reconnectMaxInterval: 2_000,
    // no heartbeats of libzmq's: see router.ts; a server that is silent is left by the connection itself
    handshakeInterval: 10_000,
    ...(encryption
      ? {
          curveServerKey: encryption.serverKey,
          curvePublicKey: encryption.keys.publicKey,
          curveSecretKey: encryption.keys.secretKey,
        }
      : {}),
  });
  const { events } = dealer;
  // until then there is no connection that could be lost; a server that expects something else just hangs up
  let early: ConnectionEnd = encryption ? "wrong server key" : "hung up";
  events.on("handshake", () => {
    early = "lost";
  });
  events.on("disconnect", () => ended(early));
  events.on("handshake:error:auth", () => ended("key refused"));
  events.on("handshake:error:protocol", ({ error }) =>
    ended(error.code === "ERR_ZMTP_MECHANISM_MISMATCH" ? "no encryption there" : early),
  );
  events.on("handshake:error:other", () => ended(early));
  return dealer;
}
