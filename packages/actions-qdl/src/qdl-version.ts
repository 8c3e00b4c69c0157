import { runToolInPlace, type ToolPlace } from "@basalt/actions-common";
import { type ActionContext, configurationError } from "@basalt/core";

/** A version of qdl. */
export interface QdlVersion {
  readonly major: number;
  readonly minor: number;
}

const isAtLeast = (version: QdlVersion, major: number, minor: number): boolean =>
  version.major > major || (version.major === major && version.minor >= minor);

/** qdl's version, as `qdl --version` prints it. @throws ERR_QDL_VERSION (configuration) where it is older than 2.0 or not told */
export async function qdlVersion(program: string, place: ToolPlace, ctx: ActionContext): Promise<QdlVersion> {
  const { stdout, stderr } = await runToolInPlace(place, [program, "--version"], ctx);
  const said = `${stdout}\n${stderr}`.trim();
  const [, major, minor] = /\bv?(\d+)\.(\d+)/.exec(said) ?? [];
  const version = { major: Number(major ?? 0), minor: Number(minor ?? 0) };
  if (isAtLeast(version, 2, 0)) return version;
  throw configurationError(
    "ERR_QDL_VERSION",
    `${program} --version says '${said.split("\n")[0]}': boot method qdl needs version 2.0 or later on this worker`,
  );
}

/** What this version can do beyond 2.0: what is on the board already is not written again. */
export const versionOptions = (version: QdlVersion): readonly string[] =>
  isAtLeast(version, 2, 7) ? ["--skipblock=sha256"] : [];
