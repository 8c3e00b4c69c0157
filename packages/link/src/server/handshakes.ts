import type { EventSubscriber } from "zeromq";
import type { Complain } from "../complaints.js";

/** Says once which kinds of handshake failed: libzmq tells no address here, ZAP does for keys it refuses. */
export function describeHandshakes(
  events: EventSubscriber,
  { complain, encrypted }: { readonly complain: Complain; readonly encrypted: boolean },
): void {
  events.on("handshake:error:protocol", ({ error }) => {
    const why =
      error.code === "ERR_ZMTP_CRYPTOGRAPHIC"
        ? "the peer encrypts for another server's key (is its copy of server.key right?)"
        : error.code === "ERR_ZMTP_MECHANISM_MISMATCH"
          ? `this server is ${encrypted ? "" : "not "}encrypted and the peer is${encrypted ? " not" : ""}`
          : `the peer does not speak the protocol (${error.code})`;
    complain(`handshake ${error.code}`, `a connection was refused: ${why}`, { code: error.code });
  });
  events.on("handshake:error:other", ({ error }) =>
    complain(
      "handshake other",
      `a connection ended before it was set up (${error.code})${encrypted ? ": a peer without encryption, or no worker at all" : ""}`,
      { code: error.code },
    ),
  );
}
