import { seededRandom } from "../serial/line-faults.js";
import type { KernelNoise } from "./board-options.js";
import { kernelChatter, stamp } from "./kernel-log.js";

/** Makes a function that breaks kernel lines into a stream of bytes, at places that the seed fixes. */
export function kernelNoise({
  seed,
  everyBytes,
  lines = kernelChatter,
}: KernelNoise): (bytes: Uint8Array) => Uint8Array {
  const random = seededRandom(seed);
  const gap = (): number => 1 + Math.floor(random() * 2 * everyBytes);
  let left = gap();
  let seconds = 5;
  return (bytes) => {
    const parts: Uint8Array[] = [];
    let from = 0;
    while (bytes.byteLength - from >= left) {
      const line = lines[Math.floor(random() * lines.length)] ?? "";
      seconds += random();
      parts.push(bytes.subarray(from, from + left), Buffer.from(`${stamp(seconds)}${line}\r\n`));
      from += left;
      left = gap();
    }
    parts.push(bytes.subarray(from));
    left -= bytes.byteLength - from;
    return Buffer.concat(parts);
  };
}
