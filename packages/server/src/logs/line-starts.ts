const lineFeed = 0x0a;

/** Where each line of a text of whole lines begins, counted from its start. */
export function lineStarts(body: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 0; at < body.length; ) {
    starts.push(at);
    const end = body.indexOf(lineFeed, at);
    if (end < 0) break;
    at = end + 1;
  }
  return starts;
}

/** Lines as LAVA's `output.idx` keeps them: one unsigned 64-bit number each, little end first. */
export function toIndex(starts: readonly number[], base: number): Buffer {
  const index = Buffer.allocUnsafe(starts.length * 8);
  for (const [line, start] of starts.entries()) {
    const offset = base + start;
    index.writeUInt32LE(offset % 2 ** 32, line * 8);
    index.writeUInt32LE(Math.floor(offset / 2 ** 32), line * 8 + 4);
  }
  return index;
}

export const readOffset = (index: Buffer, line: number): number =>
  index.readUInt32LE(line * 8) + index.readUInt32LE(line * 8 + 4) * 2 ** 32;
