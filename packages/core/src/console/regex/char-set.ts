/** A set of code points: sorted, disjoint, inclusive ranges as `[first, last, first, last, ...]`. */
export type CharSet = readonly number[];

export const lastCodePoint = 0x10ffff;
export const emptySet: CharSet = [];
export const anyChar: CharSet = [0, lastCodePoint];

export const singleChar = (codePoint: number): CharSet => [codePoint, codePoint];

/** Sorts and joins ranges that come in any order. */
export function normalize(ranges: readonly number[]): CharSet {
  const pairs: [number, number][] = [];
  for (let i = 0; i < ranges.length; i += 2) pairs.push([ranges[i] ?? 0, ranges[i + 1] ?? 0]);
  pairs.sort((a, b) => a[0] - b[0]);
  const out: number[] = [];
  for (const [first, last] of pairs) {
    const before = out.length - 1;
    if (before > 0 && first <= (out[before] ?? 0) + 1) out[before] = Math.max(out[before] ?? 0, last);
    else out.push(first, last);
  }
  return out;
}

export const union = (...sets: readonly CharSet[]): CharSet => normalize(sets.flat());

export function complement(set: CharSet): CharSet {
  const out: number[] = [];
  let next = 0;
  for (let i = 0; i < set.length; i += 2) {
    const first = set[i] ?? 0;
    if (first > next) out.push(next, first - 1);
    next = (set[i + 1] ?? 0) + 1;
  }
  if (next <= lastCodePoint) out.push(next, lastCodePoint);
  return out;
}

export const subtract = (set: CharSet, other: CharSet): CharSet => complement(union(complement(set), other));

export function contains(set: CharSet, codePoint: number): boolean {
  let low = 0;
  let high = set.length / 2 - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    if (codePoint < (set[middle * 2] ?? 0)) high = middle - 1;
    else if (codePoint > (set[middle * 2 + 1] ?? 0)) low = middle + 1;
    else return true;
  }
  return false;
}

/** Whether the two sets have a code point in common. */
export function overlaps(a: CharSet, b: CharSet): boolean {
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    const [firstA = 0, lastA = 0, firstB = 0, lastB = 0] = [a[i], a[i + 1], b[j], b[j + 1]];
    if (lastA < firstB) i += 2;
    else if (lastB < firstA) j += 2;
    else return true;
  }
  return false;
}

/** The one code point of a set of one, else undefined. */
export const onlyChar = (set: CharSet): number | undefined =>
  set.length === 2 && set[0] === set[1] ? set[0] : undefined;
