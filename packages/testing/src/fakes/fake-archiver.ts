import type { Archiver, FileStore } from "@basalt/core";

type Step = (from: string, to: string) => Promise<void>;

/** Packs and unpacks nothing: remembers what it was told, and leaves a file where one would be made. */
export class FakeArchiver implements Archiver {
  /** What was done, in order: `untar /a.tar /folder`, `cpio /folder /b.cpio`. */
  readonly calls: string[] = [];
  readonly packTar: Step;
  readonly unpackTar: Step;
  readonly packCpio: Step;
  readonly unpackCpio: Step;
  readonly decompress: Step;
  readonly compress: Step;

  /** @param files where packed files are written; nowhere if absent */
  constructor(files?: FileStore) {
    const step =
      (verb: string, makesFile: boolean): Step =>
      async (from, to) => {
        this.calls.push(`${verb} ${from} ${to}`);
        if (makesFile) await files?.write(to, `${verb} of ${from}`);
      };
    this.packTar = step("tar", true);
    this.unpackTar = step("untar", false);
    this.packCpio = step("cpio", true);
    this.unpackCpio = step("uncpio", false);
    this.decompress = step("decompress", true);
    this.compress = step("compress", true);
  }
}
