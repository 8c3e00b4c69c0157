import type { CharSet } from "../regex/char-set.js";

/** Characters that no set tells apart share a class; an automaton has one column per class. */
export interface CharClasses {
  readonly count: number;
  /** Class of every UTF-16 unit that is a character of its own. */
  readonly ofUnit: Uint16Array;
  of(codePoint: number): number;
  /** One character of the class, to ask a set about it. */
  readonly sample: readonly number[];
}

/** Splits the code points by the sets. */
export function makeCharClasses(sets: readonly CharSet[]): CharClasses {
  // Sweep over all range ends; the signature is which sets are open.
  const events: { at: number; set: number; open: boolean }[] = [];
  sets.forEach((set, index) => {
    for (let i = 0; i < set.length; i += 2)
      events.push({ at: set[i] ?? 0, set: index, open: true }, { at: (set[i + 1] ?? 0) + 1, set: index, open: false });
  });
  events.sort((a, b) => a.at - b.at);
  const starts: number[] = [0];
  const classes: number[] = [];
  const sample: number[] = [];
  const known = new Map<string, number>();
  const open = new Set<number>();
  const classNow = (at: number): number => {
    const signature = [...open].sort((a, b) => a - b).join(",");
    let id = known.get(signature);
    if (id === undefined) {
      id = sample.length;
      known.set(signature, id);
      sample.push(at);
    }
    return id;
  };
  let next = 0;
  const settle = (at: number): void => {
    for (; next < events.length && events[next]?.at === at; next++) {
      const event = events[next];
      if (event?.open) open.add(event.set);
      else if (event) open.delete(event.set);
    }
  };
  settle(0);
  classes.push(classNow(0));
  while (next < events.length) {
    const at = events[next]?.at ?? 0;
    settle(at);
    if (at > 0x10ffff) break;
    starts.push(at);
    classes.push(classNow(at));
  }
  const ofUnit = new Uint16Array(0x10000);
  starts.forEach((start, i) => {
    if (start < 0x10000) ofUnit.fill(classes[i] ?? 0, start, Math.min(starts[i + 1] ?? 0x10000, 0x10000));
  });
  const of = (codePoint: number): number => {
    if (codePoint < 0x10000) return ofUnit[codePoint] ?? 0;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= codePoint) low = middle;
      else high = middle - 1;
    }
    return classes[low] ?? 0;
  };
  return { count: sample.length, ofUnit, of, sample };
}
