import { posix } from "node:path";
import {
  type ActionContext,
  type AnyAction,
  asText,
  defineAction,
  type FileStore,
  FileStoreToken,
  infrastructureError,
  jobError,
  type PlanNode,
  ProcessRunnerToken,
  retry,
  type Slot,
  sequence,
  slot,
} from "@basalt/core";
import { type DownloadSpec, readDownload } from "../download/download-spec.js";
import { fetchAction } from "../download/fetch-action.js";
import { type Overlay, OverlaySlot } from "../slots.js";
import type { DefinitionEntry } from "./definitions.js";
import { gitClone } from "./git-clone.js";

/** A definition's repository in the overlay. */
export interface TestRepo {
  readonly uuid: string;
  /** The definition's folder on the worker. */
  readonly folder: string;
  /** The same folder on the device. */
  readonly deviceFolder: string;
  readonly commitId?: string;
}
export const testRepoSlot = (entry: DefinitionEntry): Slot<TestRepo> => slot<TestRepo>(`overlay.repo.${entry.index}`);

/** The archive of a definition that comes from an URL. */
export const archiveSpec = ({ index, options }: DefinitionEntry): DownloadSpec =>
  readDownload(`test-definition-${index}`, { ...options, url: options.repository });

/** Where a definition's files go, and what its results are known by: `<job id>_<level of the repository action>`. */
function placeOf(entry: DefinitionEntry, overlay: Overlay, ctx: ActionContext): TestRepo {
  const deviceFolder = posix.join(overlay.resultsDir, String(entry.stage), "tests", entry.testName);
  return { uuid: `${ctx.job.id}_${ctx.level}`, folder: posix.join(overlay.folder, deviceFolder), deviceFolder };
}

async function prepare(
  entry: DefinitionEntry,
  overlay: Overlay,
  files: FileStore,
  ctx: ActionContext,
): Promise<TestRepo> {
  const place = placeOf(entry, overlay, ctx);
  // an attempt that failed may have left half a clone
  await files.remove(place.folder);
  ctx.log.info(`definition ${entry.testName}: from ${entry.from} ${entry.repository}`.trimEnd());
  return place;
}

const inlineRepo = (entry: DefinitionEntry): AnyAction =>
  defineAction({
    name: "inline-repo-action",
    summary: `take the definition ${entry.name} from the job`,
    reads: { overlay: OverlaySlot },
    needs: { files: FileStoreToken },
    writes: { repo: testRepoSlot(entry) },
    async run({ files, overlay }, ctx) {
      const repo = await prepare(entry, overlay, files, ctx);
      await files.write(
        posix.join(repo.folder, pathInside(entry)),
        JSON.stringify(entry.options.repository, undefined, 2),
      );
      return { repo };
    },
  });

const gitRepo = (entry: DefinitionEntry): AnyAction =>
  defineAction({
    name: "git-repo-action",
    summary: `clone ${entry.repository}`,
    reads: { overlay: OverlaySlot },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    writes: { repo: testRepoSlot(entry) },
    async validate({ runner }) {
      if ((await runner.find("git")) === undefined)
        throw infrastructureError(
          "ERR_TOOL_MISSING",
          `git is not installed on this worker, and ${entry.repository} must be cloned: install Debian's package git`,
        );
    },
    async run({ files, overlay, runner }, ctx) {
      const repo = await prepare(entry, overlay, files, ctx);
      const { branch, history, recursive, revision, shallow } = entry.options;
      const url = asText(entry.options.repository) ?? "";
      const wanted = { url, folder: repo.folder, branch: asText(branch), revision: asText(revision) };
      const commitId = await gitClone(
        runner,
        // without history a full clone would be thrown away
        { ...wanted, shallow: shallow === true || history === false, recursive: recursive === true },
        ctx,
      );
      ctx.log.info(`definition ${entry.testName}: commit ${commitId}`);
      ctx.addExtra("commit", commitId);
      ctx.addExtra("repository", entry.repository);
      if (history === false) await files.remove(posix.join(repo.folder, ".git"));
      return { repo: { ...repo, commitId } };
    },
  });

const urlRepo = (entry: DefinitionEntry): PlanNode =>
  sequence(
    defineAction({
      name: "url-repo-action",
      summary: `fetch ${entry.repository}`,
      reads: { overlay: OverlaySlot },
      needs: { files: FileStoreToken },
      writes: { repo: testRepoSlot(entry) },
      run: async ({ files, overlay }, ctx) => ({ repo: await prepare(entry, overlay, files, ctx) }),
    }),
    retry("download-retry", fetchAction(archiveSpec(entry), { folder: "test-definitions" })),
  );

/** The definition's path, which must stay in its repository. @throws ERR_TESTDEF_PATH (job) */
export function pathInside({ name, path }: DefinitionEntry): string {
  const inside = posix.normalize(path);
  if (inside === "" || inside === "." || inside === ".." || inside.startsWith("../") || posix.isAbsolute(inside))
    throw jobError("ERR_TESTDEF_PATH", `definition ${name}: path '${path}' does not name a file in its repository`);
  return inside;
}

/** What brings a definition's repository into the overlay. */
export const repoPlan = (entry: DefinitionEntry): PlanNode =>
  ({ git: gitRepo, inline: inlineRepo, url: urlRepo })[entry.from](entry);
