import { closeSync, openSync, writeSync } from "node:fs";
import { partitions } from "./flash.mjs";

const MiB = 2 ** 20;

/** Kinds of chunks in an Android sparse image: those that hold bytes. The others are left as they are, or are checksums. */
const [rawChunk, fillChunk, nothing] = [0xcac1, 0xcac2, 0xcac3];

/** The pieces of an Android sparse image, `{ at, bytes }` in bytes; a raw image is one piece. `size` is what it covers. */
function piecesOf(image) {
  if (image.length < 28 || image.readUInt32LE(0) !== 0xed26ff3a)
    return { size: image.length, pieces: [{ at: 0, bytes: image }] };
  const [headSize, chunkHead, blockSize, blocks, chunks] = [
    image.readUInt16LE(8),
    image.readUInt16LE(10),
    image.readUInt32LE(12),
    image.readUInt32LE(16),
    image.readUInt32LE(20),
  ];
  const pieces = [];
  let [from, at] = [headSize, 0];
  for (let i = 0; i < chunks; i++) {
    const [kind, size, total] = [image.readUInt16LE(from), image.readUInt32LE(from + 4), image.readUInt32LE(from + 8)];
    const data = image.subarray(from + chunkHead, from + total);
    if (kind === rawChunk) pieces.push({ at, bytes: data });
    if (kind === fillChunk) pieces.push({ at, bytes: Buffer.alloc(size * blockSize, data) });
    if ([rawChunk, fillChunk, nothing].includes(kind)) at += size * blockSize;
    from += total;
  }
  return { size: blocks * blockSize, pieces };
}

/** Writes an image into the board's flash memory; gives what U-Boot says where it refuses. */
function write(flash, name, image) {
  if (!Object.hasOwn(partitions, name)) return "invalid partition or device";
  const { firstMiB, sizeMiB } = partitions[name];
  const { size, pieces } = piecesOf(image);
  if (size > sizeMiB * MiB) return "Request would exceed partition size!";
  const file = openSync(flash, "r+");
  try {
    for (const { at, bytes } of pieces) writeSync(file, bytes, 0, bytes.length, firstMiB * MiB + at);
  } finally {
    closeSync(file);
  }
  return undefined;
}

/**
 * Fastboot for a board whose U-Boot has none (Debian's): a service beside it that speaks the protocol over UDP and writes into the same
 * flash memory. It wakes when somebody types `fastboot` at U-Boot, which answers that it does not know that, and restarts the board by
 * typing `reset`. All else is real: the client, U-Boot's countdown and prompt, and what boots from that memory.
 */
export async function openStandInFastboot({ port, flash, console }) {
  // built by `npm run build`; tests have its source
  const { FakeFastboot } = await import("@basalt/testing");
  let awake = false;
  let said = "";
  console.watch((kind, text) => {
    if (kind === "power") awake = false;
    if (kind !== "board") return;
    said = (said + text).slice(-200);
    if (!said.includes("Unknown command 'fastboot'")) return;
    awake = true;
    said = "";
  });
  return FakeFastboot.open({
    transport: "udp",
    port,
    variables: { "max-download-size": "0x08000000" },
    awake: () => awake,
    onFlash: (partition, image) => write(flash, partition, Buffer.from(image)),
    onReboot() {
      awake = false;
      console.type("reset\n");
    },
  });
}
