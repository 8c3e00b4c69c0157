/** Paths of a board without a root of its own: where it says `/lava-42`, its shell is told `<root>/lava-42`, and the other way round. */
export interface PathRewriting {
  /** What is typed. */
  in(bytes: Uint8Array): Uint8Array;
  /** What is shown. */
  out(bytes: Uint8Array): Uint8Array;
}

const start = "/lava-";

/** Replaces in a stream, wherever its pieces end: what could be the beginning of `wanted` waits for the next piece. */
function replacing(wanted: string, pattern: RegExp, to: string, shortestHeld: number) {
  let held = "";
  /** The last character that was passed on: what stands before a path tells whether it is one. */
  let before = "";
  return (bytes: Uint8Array): Uint8Array => {
    const all = before + held + Buffer.from(bytes).toString("latin1");
    let keep = Math.min(wanted.length - 1, all.length);
    while (keep >= shortestHeld && !all.endsWith(wanted.slice(0, keep))) keep--;
    const cut = Math.max(before.length, keep < shortestHeld ? all.length : all.length - keep);
    const changed = all
      .slice(0, cut)
      .replace(pattern, () => to)
      .slice(before.length);
    held = all.slice(cut);
    if (cut > before.length) before = all.charAt(cut - 1);
    return Buffer.from(changed, "latin1");
  };
}

/** The rewriting for a board whose disk is the folder `root`; keeps state, so it is for one terminal. */
export function rewritePaths(root: string): PathRewriting {
  return {
    // "${0%/*}/lava-common" and "a/lava-1" are no paths of the root folder
    in: replacing(start, /(?<![\w./})-])\/lava-/g, `${root}${start}`, 1),
    // a single "/" is not waited for: a prompt may end with it
    out: replacing(
      `${root}${start}`,
      new RegExp(`${root}${start}`.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "g"),
      start,
      2,
    ),
  };
}
