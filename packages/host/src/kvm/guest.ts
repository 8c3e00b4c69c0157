/** The code of guest.s, assembled; a test assembles it again where binutils are installed. */
const code = [
  "fa8cc88ed82e660f0116a80131c08ed0bc0070b800108ec031ffb9002031c0fcf3ab2666c7060000031001002666c7060010032001002666",
  "c7061810033001002666c706b83f9300e0feb90002bf002066b8830000002666890566050000200083c708e2f166b8200000000f22e066b8",
  "000001000f22d866b9800000c00f32660d000100000f300f20c0660d010000806625ffffff9f0f22c066eaa1000f00080066b810008ed88e",
  "c08ed0bc00000800bf00020200b882010f0066890766c74702080066c74704008ec1e81066894706c7470800000000c7470c0000000066c7",
  "042500f00100ff0fc7042502f0010000000200c7042506f00100000000000f011c2500f00100b9002d3101ffc975fcbef401000031c031c9",
  "0fa2b9800000c00f320f20d80f22d889f7c1e70c81c7000010008937ffce75dcbf0000e0fec787f0000000ff010000c78750030000000700",
  "00b011e620b020e621b004e621b001e621b0fee621b034e643b0a9e640b004e64031dbfbf483fb0572fafab02ae6f4f4ebfdffc350b020e6",
  "205848cf8db400000000000000000000ffff0000009aaf00ffff00000092cf00170090010f",
].join("");

/** What the processor runs first, 16 bytes below the end: a jump to the start of the image. */
const resetVector = "ea000000f0";

const imageBytes = 64 * 1024;

/** Status that QEMU ends with when the guest got to its end: isa-debug-exit makes 2n + 1 of the byte written to it. */
export const guestExitStatus = 85;

/** The firmware image of the probe's guest (see guest.s): 64 KiB for QEMU's `-bios`. */
export function guestImage(): Uint8Array {
  const image = Buffer.alloc(imageBytes);
  image.write(code, 0, "hex");
  image.write(resetVector, imageBytes - 16, "hex");
  return image;
}
