import { isCurveKey } from "./z85.js";

/** A CURVE key pair, or its public half; Z85 texts of 40 characters. */
export interface Certificate {
  readonly publicKey: string;
  readonly secretKey?: string;
}

export interface KeyPair {
  readonly publicKey: string;
  readonly secretKey: string;
}

/**
 * Reads a certificate in pyzmq's ZPL form: lines `public-key = "..."` and `secret-key = "..."`, what follows the first `=`
 * without blanks and quotes; Z85 text may itself hold `=` and `#` (lava-server spec 1.7). Undefined where a key is missing or is none.
 */
export function parseCertificate(text: string): Certificate | undefined {
  const found = new Map<string, string>();
  for (const raw of text.split("\n")) {
    const line = raw.trim();
    const name = /^(public-key|secret-key)\s*=/.exec(line)?.[1];
    if (name !== undefined) found.set(name, line.slice(line.indexOf("=") + 1).replace(/^[ \t'"]+|[ \t'"]+$/g, ""));
  }
  const publicKey = found.get("public-key");
  const secretKey = found.get("secret-key");
  if (publicKey === undefined || !isCurveKey(publicKey)) return undefined;
  if (secretKey === undefined) return { publicKey };
  return isCurveKey(secretKey) ? { publicKey, secretKey } : undefined;
}

const secretWarning = `#   ZeroMQ CURVE **Secret** Certificate
#   DO NOT PROVIDE THIS FILE TO OTHER USERS nor change its permissions.
`;
const publicWarning = `#   ZeroMQ CURVE Public Certificate
#   Exchange securely, or use a secure mechanism to verify the contents
#   of this file after exchange.
`;

/** The text of a certificate as pyzmq writes and reads it; with the secret only where one is given. */
export function formatCertificate({ publicKey, secretKey }: Certificate, comment: string): string {
  const secret = secretKey === undefined ? "" : `    secret-key = "${secretKey}"\n`;
  const warning = secretKey === undefined ? publicWarning : secretWarning;
  return `#   ${comment}\n${warning}\nmetadata\ncurve\n    public-key = "${publicKey}"\n${secret}`;
}
