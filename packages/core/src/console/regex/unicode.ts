import { type CharSet, complement, contains, normalize, subtract, union } from "./char-set.js";
import { packedDigit, packedExtraCases, packedLower, packedSpace, packedWord } from "./unicode-tables.js";

const lazy = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

function unpackRanges(packed: string): CharSet {
  const out: number[] = [];
  let at = 0;
  packed.split(" ").forEach((word, i) => {
    at += Number.parseInt(word, 36);
    out[i] = at;
  });
  return out;
}

// Unpacked on first use: most jobs' patterns need none of them.
const word = lazy(() => unpackRanges(packedWord));
const digit = lazy(() => unpackRanges(packedDigit));
const space = lazy(() => unpackRanges(packedSpace));
const asciiWord: CharSet = [48, 57, 65, 90, 95, 95, 97, 122];
const asciiDigit: CharSet = [48, 57];
const asciiSpace: CharSet = [9, 13, 32, 32];

/** `\d \D \s \S \w \W` as Python's `re` reads them in a str pattern, or with the ASCII flag. */
export function category(letter: string, ascii: boolean): CharSet {
  const kind = letter.toLowerCase();
  const set =
    kind === "d"
      ? ascii
        ? asciiDigit
        : digit()
      : kind === "s"
        ? ascii
          ? asciiSpace
          : space()
        : ascii
          ? asciiWord
          : word();
  return letter === kind ? set : complement(set);
}

const lowerMap = lazy(() => {
  const map = new Map<number, number>();
  for (const run of packedLower.split(" ")) {
    const [first = 0, last = 0, step = 1, delta = 0] = run.split(".").map((n) => Number.parseInt(n, 16));
    for (let c = first; c <= last; c += step) map.set(c, c + delta);
  }
  return map;
});
const upperSet = lazy(() => normalize([...lowerMap().keys()].flatMap((c) => [c, c])));
const extraCases = lazy(
  () =>
    new Map(
      packedExtraCases.split(" ").map((entry) => {
        const [key = "", values = ""] = entry.split(":");
        return [Number.parseInt(key, 16), values.split(",").map((v) => Number.parseInt(v, 16))] as const;
      }),
    ),
);

/** The lower case `re` compares by under IGNORECASE. */
export function lowerCase(codePoint: number, ascii: boolean): number {
  if (codePoint < 128 || ascii) return codePoint >= 65 && codePoint <= 90 ? codePoint + 32 : codePoint;
  return lowerMap().get(codePoint) ?? codePoint;
}

/** All code points that `re` takes for a member of the set under IGNORECASE. */
export function ignoringCase(set: CharSet, ascii: boolean): CharSet {
  if (ascii) {
    const out = [...set];
    for (let c = 65; c <= 90; c++) {
      if (contains(set, c)) out.push(c + 32, c + 32);
      // sre lowers the text's letter and looks that up in the lowered set
      if (contains(set, c + 32)) out.push(c, c);
    }
    return normalize(out);
  }
  const upper = upperSet();
  const lowered = [...subtract(set, upper)];
  for (const [from, to] of lowerMap()) if (contains(set, from)) lowered.push(to, to);
  const base = normalize(lowered);
  const same: number[] = [];
  for (const [from, others] of extraCases()) {
    if (contains(base, from)) for (const other of others) same.push(other, other);
  }
  const targets = union(base, same);
  const out = [...subtract(targets, upper)];
  for (const [from, to] of lowerMap()) if (contains(targets, to)) out.push(from, from);
  return normalize(out);
}
