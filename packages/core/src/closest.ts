import { distance } from "fastest-levenshtein";

/** Longer ones are no mistyped words. */
const longestWord = 100;

/** The known word nearest to a mistyped one, or undefined where none is near enough to be meant. */
export function closest(word: string, known: Iterable<string>): string | undefined {
  if (word.length > longestWord) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const d = distance(word.toLowerCase(), candidate.toLowerCase());
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  return best;
}
