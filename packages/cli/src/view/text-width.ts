/** Counts the columns of a text on a terminal. */
export type WidthOf = (text: string) => number;

const simple = /^[\x20-\x7e├└│─…]*$/;

/** A counter for these texts. The library that knows wide characters takes 30 ms to load: only texts that have such pay for it. */
export async function textWidth(texts: readonly string[]): Promise<WidthOf> {
  if (texts.every((text) => simple.test(text))) return (text) => text.length;
  return (await import("string-width")).default;
}
