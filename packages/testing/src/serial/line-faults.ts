/** What goes wrong on a line, by chance that a seed fixes. */
export interface LineFaults {
  /** Same seed, same faults. */
  readonly seed: number;
  /** Chance that a byte is lost, 0..1. */
  readonly loss?: number;
  /** Chance that one bit of a byte is turned, 0..1. */
  readonly corruption?: number;
}

/** A small seeded source of numbers in [0, 1), for tests that must be repeatable (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Makes a function that loses and changes bytes. */
export function lineNoise({ seed, loss = 0, corruption = 0 }: LineFaults): (bytes: Uint8Array) => Uint8Array {
  const random = seededRandom(seed);
  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (random() < loss) continue;
      out.push(random() < corruption ? byte ^ (1 << Math.floor(random() * 8)) : byte);
    }
    return Uint8Array.from(out);
  };
}
