import { type Compression, jobError } from "@basalt/core";

interface Compressor {
  readonly pack: readonly string[];
  readonly unpack: readonly string[];
  readonly debianPackage: string;
}

/**
 * Tools that read standard input and write standard output. gzip -n: no name and time, so that equal input gives equal output.
 * xz with CRC32: the kernel's own unpacker knows no other check.
 */
const compressors: Readonly<Record<Exclude<Compression, "zip">, Compressor>> = {
  gz: { pack: ["gzip", "-n", "-c"], unpack: ["gzip", "-d", "-c"], debianPackage: "gzip" },
  xz: { pack: ["xz", "--check=crc32", "-T0", "-c"], unpack: ["xz", "-d", "-c"], debianPackage: "xz-utils" },
  bz2: { pack: ["bzip2", "-c"], unpack: ["bzip2", "-d", "-c"], debianPackage: "bzip2" },
  zstd: { pack: ["zstd", "-q", "-T0", "-c"], unpack: ["zstd", "-q", "-d", "-c"], debianPackage: "zstd" },
};

/** The tool of a compression; zip is an archive, not a stream: ERR_COMPRESSION_UNSUPPORTED (job). */
export function compressorOf(compression: Compression): Compressor {
  if (compression === "zip")
    throw jobError(
      "ERR_COMPRESSION_UNSUPPORTED",
      "a zip archive holds several files and can't be packed or unpacked as one stream: use gz, xz, bz2 or zstd",
    );
  return compressors[compression];
}
