import { createHmac, createPrivateKey, createPublicKey, diffieHellman, timingSafeEqual } from "node:crypto";
import { decodeZ85 } from "./z85.js";

const base64url = (key: string): string => Buffer.from(decodeZ85(key) ?? []).toString("base64url");

/** CURVE keys are X25519 keys (RFC 7748; CurveZMQ RFC 26): both sides compute the same secret from their own half and the other's public key. */
function sharedSecret(own: { readonly publicKey: string; readonly secretKey: string }, peerPublicKey: string): Buffer {
  const jwk = { kty: "OKP", crv: "X25519" };
  return diffieHellman({
    privateKey: createPrivateKey({
      key: { ...jwk, x: base64url(own.publicKey), d: base64url(own.secretKey) },
      format: "jwk",
    }),
    publicKey: createPublicKey({ key: { ...jwk, x: base64url(peerPublicKey) }, format: "jwk" }),
  });
}

export interface ProofInput {
  readonly own: { readonly publicKey: string; readonly secretKey: string };
  readonly peerPublicKey: string;
  /** 32 bytes as hex, made by the server for this session. */
  readonly nonce: string;
  /** The worker's name. */
  readonly name: string;
}

/**
 * Proves that who greets as `name` holds that name's key. libzmq checks that a peer holds some accepted key but does not
 * say which, so that any accepted worker could claim any name (lava-server spec 1.7).
 * @returns HMAC-SHA256 as hex
 */
export const makeProof = ({ own, peerPublicKey, nonce, name }: ProofInput): string =>
  createHmac("sha256", sharedSecret(own, peerPublicKey)).update(`basalt-hello\0${nonce}\0${name}`).digest("hex");

/** Whether a proof is that of this worker's key, in constant time. False also for a key that is no point of the curve. */
export function checkProof(mac: string, input: ProofInput): boolean {
  try {
    return timingSafeEqual(Buffer.from(mac, "hex"), Buffer.from(makeProof(input), "hex"));
  } catch {
    return false;
  }
}
