/** What a header says that the chaos test looks at; see the messages of core's wire. */
export interface LinkHeader {
  readonly type: string;
  readonly job?: number;
  /** Of LOG_OK: the first line that the server does not have. */
  readonly next?: number;
}

/** Bytes that may be repeated, dropped or moved as a whole without breaking the stream. */
export interface Piece {
  readonly bytes: Buffer;
  /** Absent: ZeroMQ's own greeting and commands. */
  readonly header?: LinkHeader;
}

const greetingBytes = 64;
const [moreFlag, longFlag, commandFlag] = [1, 2, 4];

interface Frame {
  readonly flags: number;
  readonly body: Buffer;
  readonly end: number;
}

/** The frame that begins there, if all of it has come (ZMTP 3.1, https://rfc.zeromq.org/spec/37, "framing"). */
function frameAt(bytes: Buffer, begin: number): Frame | undefined {
  const flags = bytes[begin];
  if (flags === undefined) return undefined;
  const isLong = (flags & longFlag) !== 0;
  const at = begin + (isLong ? 9 : 2);
  if (bytes.length < at) return undefined;
  const length = isLong ? Number(bytes.readBigUInt64BE(begin + 1)) : bytes.readUInt8(begin + 1);
  const end = at + length;
  return bytes.length < end ? undefined : { flags, body: bytes.subarray(at, end), end };
}

/** Where the message that begins there ends, and what its first frame holds. */
function messageAt(bytes: Buffer, begin: number): { readonly first: Frame; readonly end: number } | undefined {
  const first = frameAt(bytes, begin);
  let last = first;
  while (last && (last.flags & moreFlag) !== 0) last = frameAt(bytes, last.end);
  return first && last && { first, end: last.end };
}

/** Cuts one direction of a plain ZeroMQ connection into its messages. */
export function messageSplitter(): (chunk: Buffer) => readonly Piece[] {
  let rest = Buffer.alloc(0);
  let isGreeted = false;
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const pieces: Piece[] = [];
    let at = 0;
    if (!isGreeted) {
      // each side waits for parts of the other's greeting: it is passed on as it comes, counted when it is whole
      if (rest.length < greetingBytes) {
        const passed = { bytes: chunk };
        return [passed];
      }
      isGreeted = true;
      at = greetingBytes;
      pieces.push({ bytes: rest.subarray(rest.length - chunk.length, at) });
    }
    for (let found = messageAt(rest, at); found; found = messageAt(rest, at)) {
      const bytes = rest.subarray(at, found.end);
      const isCommand = (found.first.flags & commandFlag) !== 0;
      pieces.push(isCommand ? { bytes } : { bytes, header: JSON.parse(found.first.body.toString()) });
      at = found.end;
    }
    rest = Buffer.from(rest.subarray(at));
    return pieces;
  };
}
