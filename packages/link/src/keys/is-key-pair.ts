import { createPrivateKey, createPublicKey } from "node:crypto";
import type { KeyPair } from "./certificate.js";
import { decodeZ85 } from "./z85.js";

/** DER of an X25519 private key is this and its 32 bytes (RFC 8410). */
const pkcs8 = Buffer.from("302e020100300506032b656e04220420", "hex");

/** Whether the two halves of a pair belong together: CURVE keys are X25519 keys (CurveZMQ RFC 26). */
export function isKeyPair({ publicKey, secretKey }: KeyPair): boolean {
  const [secret, wanted] = [decodeZ85(secretKey), decodeZ85(publicKey)];
  if (secret?.length !== 32 || wanted?.length !== 32) return false;
  const key = createPrivateKey({ key: Buffer.concat([pkcs8, secret]), format: "der", type: "pkcs8" });
  return createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32).equals(wanted);
}
