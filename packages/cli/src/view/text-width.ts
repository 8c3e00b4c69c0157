/** Columns a text takes on a terminal. The library is loaded when a text is to be measured, not before. */
export async function textWidth(): Promise<(text: string) => number> {
  return (await import("string-width")).default;
}
