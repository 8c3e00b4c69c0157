import { type DaemonLog, infrastructureError, systemClock, wireLimits } from "@basalt/core";
import type { Router } from "zeromq";
import type { ServerEncryption } from "./greeter.js";

/** Longer messages are refused in words up to here, above it libzmq ends the connection. */
const cutBytes = 2 * wireLimits.messageBytes;

export interface BindOptions {
  readonly endpoint: string;
  readonly encryption?: ServerEncryption;
  readonly log: DaemonLog;
}

const isLoopback = (endpoint: string): boolean => /^(ipc:|tcp:\/\/(127\.|localhost:|\[::1\]))/.test(endpoint);

/** Sets a server's socket up and binds it; gives the endpoint with its real port. */
export async function bindRouter(router: Router, { endpoint, encryption, log }: BindOptions): Promise<string> {
  router.linger = 0;
  router.mandatory = true; // sending to who is gone fails, instead of being dropped silently
  router.sendTimeout = 0;
  router.maxMessageSize = cutBytes;
  router.receiveHighWaterMark = 16; // messages of up to 1 MiB each, per worker
  router.sendHighWaterMark = 1_000;
  // Not libzmq's heartbeats: 4.3.5 aborts the process when one is due on a connection that broke while nobody read it (its issue 4364).
  // The system ends connections whose peer is gone; who is silent is our PING's matter.
  router.tcpKeepalive = 1;
  router.tcpKeepaliveIdle = 30;
  router.tcpKeepaliveInterval = 10;
  router.tcpKeepaliveCount = 3;
  router.tcpMaxRetransmitTimeout = 60_000;
  router.handshakeInterval = 10_000;
  router.ipv6 = endpoint.includes("[");
  if (encryption) {
    router.curveServer = true;
    router.curveSecretKey = encryption.keys.secretKey;
  } else if (!isLoopback(endpoint))
    log.warning(`${endpoint} is not encrypted: whoever reaches it can pose as any worker; use --encrypt`, { endpoint });
  try {
    await router.bind(endpoint);
  } catch (cause) {
    throw infrastructureError(
      "ERR_LINK_BIND",
      `the link for workers can't listen on ${endpoint}: ${(cause as Error).message}; is another server running there?`,
      { cause, details: { endpoint } },
    );
  }
  return router.lastEndpoint ?? endpoint;
}

/** A flood of connections may have filled the monitor's queue: then its last word does not come. */
const releaseWithinMs = 1_000;

/** Closes a bound socket and waits until its port is free. (`unbind()` would use the socket on another thread while it is read: libzmq aborts.) */
export async function closeRouter(router: Router): Promise<void> {
  const released = new AbortController();
  router.events.on("end", () => released.abort());
  router.close();
  await systemClock.sleep(releaseWithinMs, { signal: released.signal }).catch(() => {});
}
