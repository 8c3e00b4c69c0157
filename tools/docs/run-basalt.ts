import { main } from "../../packages/cli/src/index.js";
import { root } from "../lib/house.mjs";

/** What a command printed, and its exit status. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `basalt` in this process, from its sources, in a folder (the repository's root if absent). */
export async function basalt(argv: readonly string[], cwd: string = root): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const nothing = (): (() => void) => () => {};
  const status = await main(argv, {
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: { ...process.env, LANG: "C.UTF-8", NO_COLOR: "1" },
    cwd,
    onSignal: nothing,
    onFatal: nothing,
    kill: () => {},
  });
  return { status, out: out.join(""), err: err.join("") };
}
