const base = 257;
const modulus = 999_983;

/**
 * The checksum of a numbered signal, as `lava-test-shell/common/lava-common` computes it with a shell's arithmetic: printable ASCII
 * characters by their place from the blank on, others left out, so that no shell's idea of a character matters.
 */
export function checksum(text: string): number {
  let sum = 7;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0x20 && code <= 0x7e) sum = (sum * base + code - 0x20) % modulus;
  }
  return sum;
}
