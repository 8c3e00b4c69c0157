const alphabet = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
const digits = new Map([...alphabet].map((char, value) => [char, value]));

/** Bytes of a Z85 text (ZeroMQ RFC 32); undefined if it is none. */
export function decodeZ85(text: string): Uint8Array | undefined {
  if (text.length % 5 !== 0) return undefined;
  const bytes = Buffer.alloc((text.length / 5) * 4);
  for (let group = 0; group * 5 < text.length; group++) {
    let value = 0;
    for (const char of text.slice(group * 5, group * 5 + 5)) value = value * 85 + (digits.get(char) ?? Number.NaN);
    if (!(value < 2 ** 32)) return undefined;
    bytes.writeUInt32BE(value, group * 4);
  }
  return bytes;
}

/** Z85 text of bytes (a multiple of four of them). */
export function encodeZ85(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let value = view.getUint32(at);
    let group = "";
    for (let i = 0; i < 5; i++) {
      group = alphabet.charAt(value % 85) + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}

/** Whether this is a CURVE key: 32 bytes as Z85. */
export const isCurveKey = (text: string): boolean => text.length === 40 && decodeZ85(text) !== undefined;
