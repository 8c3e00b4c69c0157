import {
  type ActionContext,
  type BasaltError,
  displayUrl,
  infrastructureError,
  jobError,
  type ProcessResult,
  type ProcessRunner,
} from "@basalt/core";
import { gitAddress } from "./git-address.js";

/** What to clone. */
export interface CloneRequest {
  readonly url: string;
  readonly folder: string;
  readonly branch?: string | undefined;
  readonly revision?: string | undefined;
  /** Only the newest commit. */
  readonly shallow?: boolean;
  readonly recursive?: boolean;
}

/** Never asks for a password: nobody would answer. */
const environment = { GIT_TERMINAL_PROMPT: "0", LC_ALL: "C" };

const jobsFault =
  /Remote branch .* not found|does not appear to be a git repository|repository .* (not found|does not exist)|did not match any file|unknown revision|not a valid|reference is not a tree|Could not find remote branch/i;

/** git names the user of an address in its complaints. */
const shown = (text: string): string => text.replace(/\bhttps?:\/\/[^\s'"]+/gi, displayUrl);

function failure(what: string, url: string, { code, endedBy, stderr }: ProcessResult): BasaltError {
  const said = shown(stderr).trim().split("\n").slice(-3).join("; ");
  const message = `${what} of ${url} failed with ${code ?? endedBy}: ${said || "git printed nothing"}`;
  return jobsFault.test(stderr)
    ? jobError("ERR_GIT_NOT_FOUND", `${message}. Check the address, branch and revision in the job`, {
        details: { url },
      })
    : infrastructureError("ERR_GIT_CLONE", message, { details: { url } });
}

/**
 * Clones a repository with the worker's git, which gets credentials of the address where no process list shows them; gives the commit that is checked out.
 * @throws ERR_GIT_NOT_FOUND (job) where the server knows no such repository, branch or revision; ERR_GIT_CLONE (infrastructure) else
 */
export async function gitClone(runner: ProcessRunner, request: CloneRequest, ctx: ActionContext): Promise<string> {
  const { branch, folder, recursive, revision, shallow } = request;
  const { url, options, env } = gitAddress(request.url);
  if (revision?.startsWith("-"))
    throw jobError("ERR_GIT_NOT_FOUND", `'${revision}' is no revision of ${displayUrl(request.url)}`);
  const git = async (what: string, args: readonly string[]): Promise<ProcessResult> => {
    const argv = ["git", ...options, ...args];
    ctx.log.debug(`Calling: ${JSON.stringify(argv)}`);
    const onLine = (line: string): void => ctx.log.debug(`>> ${shown(line)}`);
    const result = await runner.run(argv, { signal: ctx.signal, env: { ...environment, ...env }, onLine });
    if (result.code !== 0) throw failure(what, displayUrl(request.url), result);
    return result;
  };
  await git("the clone", [
    "clone",
    ...(branch === undefined ? [] : [`--branch=${branch}`]),
    ...(shallow === true && revision === undefined ? ["--depth=1"] : []),
    ...(recursive === true ? ["--recurse-submodules"] : []),
    "--",
    url,
    folder,
  ]);
  if (revision !== undefined) {
    await git(`the checkout of ${revision}`, ["-C", folder, "checkout", "--detach", revision, "--"]);
    if (recursive === true)
      await git("the checkout of submodules", ["-C", folder, "submodule", "update", "--init", "--recursive"]);
  }
  const { stdout } = await git("reading the commit", ["-C", folder, "rev-parse", "HEAD"]);
  return stdout.trim();
}
