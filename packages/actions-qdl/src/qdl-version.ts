import { runToolInPlace, type ToolPlace } from "@basalt/actions-common";
import { type ActionContext, configurationError, isBasaltError } from "@basalt/core";

/** A version of qdl. */
export interface QdlVersion {
  readonly major: number;
  readonly minor: number;
}

const isAtLeast = (version: QdlVersion, major: number, minor: number): boolean =>
  version.major > major || (version.major === major && version.minor >= minor);

/** What `qdl --version` prints; what it complains of where it is so old that it does not know the option (Debian 12's). */
async function askVersion(program: string, place: ToolPlace, ctx: ActionContext): Promise<string> {
  try {
    const { stdout, stderr } = await runToolInPlace(place, [program, "--version"], ctx);
    return `${stdout}\n${stderr}`.trim();
  } catch (error) {
    if (isBasaltError(error) && error.code === "ERR_TOOL_FAILED" && error.message.includes("--version'"))
      return error.message;
    throw error;
  }
}

/** qdl's version. @throws ERR_QDL_VERSION (configuration) where it is older than 2.0 or not told */
export async function qdlVersion(program: string, place: ToolPlace, ctx: ActionContext): Promise<QdlVersion> {
  const said = await askVersion(program, place, ctx);
  const [, major, minor] = /\bv?(\d+)\.(\d+)/.exec(said) ?? [];
  const version = { major: Number(major ?? 0), minor: Number(minor ?? 0) };
  if (isAtLeast(version, 2, 0)) return version;
  throw configurationError(
    "ERR_QDL_VERSION",
    `boot method qdl needs version 2.0 or later of ${program}: asked for its version, it said '${said.split("\n")[0]}'`,
  );
}

/** What this version can do beyond 2.0: what is on the board already is not written again. */
export const versionOptions = (version: QdlVersion): readonly string[] =>
  isAtLeast(version, 2, 7) ? ["--skipblock=sha256"] : [];
