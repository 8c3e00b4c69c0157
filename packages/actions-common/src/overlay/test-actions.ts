import { posix } from "node:path";
import {
  type AnyAction,
  type AnySlot,
  type Archiver,
  ArchiverToken,
  asText,
  asTexts,
  type Compression,
  characterDelayMs,
  type DeploymentData,
  defineAction,
  type FileStore,
  FileStoreToken,
  jobError,
  ProcessRunnerToken,
  type Slot,
  slot,
} from "@basalt/core";
import { type Downloaded, downloadedSlot, OverlaySlot, type TestRun, TestRunsSlot } from "../slots.js";
import { type DefinitionEntry, jobParameters, skippedParts } from "./definitions.js";
import { gitClone } from "./git-clone.js";
import { installScript } from "./install-script.js";
import { archiveSpec, pathInside, type TestRepo, testRepoSlot } from "./repo-actions.js";
import { runScript } from "./run-script.js";
import { parseTestDefinition, type TestDefinition, toTestDefinition } from "./test-definition-file.js";

const definitionSlot = (entry: DefinitionEntry): Slot<TestDefinition> =>
  slot<TestDefinition>(`overlay.definition.${entry.index}`);

async function unpack(
  entry: DefinitionEntry,
  archive: Downloaded,
  repo: TestRepo,
  archiver: Archiver,
  signal: AbortSignal,
): Promise<void> {
  const strip = entry.options["strip-components"];
  const compression = archive.compression as Compression | undefined;
  await archiver.unpackTar(archive.path, repo.folder, {
    signal,
    ...(compression === undefined ? {} : { compression }),
    ...(typeof strip === "number" ? { stripComponents: strip } : {}),
  });
}

async function readDefinition(entry: DefinitionEntry, repo: TestRepo, files: FileStore): Promise<TestDefinition> {
  if (entry.from === "inline") return toTestDefinition(entry.options.repository, entry.name);
  const file = posix.join(repo.folder, pathInside(entry));
  if (!(await files.exists(file)))
    throw jobError(
      "ERR_TESTDEF_MISSING",
      `definition ${entry.name}: ${entry.repository} has no file ${entry.path}: check path, branch and revision`,
    );
  return parseTestDefinition(await files.readText(file), `${entry.repository} ${entry.path}`);
}

/** Puts the definition beside its repository's content: `testdef.yaml`, `uuid`, `testdef_metadata`. */
export function testOverlay(entry: DefinitionEntry): AnyAction {
  const reads: Record<string, AnySlot> = { repo: testRepoSlot(entry) };
  if (entry.from === "url") reads.archive = downloadedSlot(archiveSpec(entry).key);
  return defineAction({
    name: "test-overlay",
    summary: `put the definition ${entry.name} into the overlay`,
    reads,
    needs: { files: FileStoreToken, archiver: ArchiverToken },
    writes: { definition: definitionSlot(entry) },
    async validate() {
      pathInside(entry);
      if (entry.from === "inline") toTestDefinition(entry.options.repository, entry.name);
    },
    async run({ archiver, files, ...slots }, ctx) {
      const { archive, repo } = slots as unknown as { readonly archive?: Downloaded; readonly repo: TestRepo };
      if (archive) await unpack(entry, archive, repo, archiver, ctx.signal);
      const definition = await readDefinition(entry, repo, files);
      const put = (name: string, text: string): Promise<void> => files.write(posix.join(repo.folder, name), text);
      const source = posix.join(repo.folder, pathInside(entry));
      if (posix.basename(source) !== "testdef.yaml" || posix.dirname(source) !== repo.folder)
        await files.copy(source, posix.join(repo.folder, "testdef.yaml"));
      await put("uuid", `${repo.uuid}\n`);
      await put("testdef_metadata", `${JSON.stringify(definition.metadata, undefined, 2)}\n`);
      return { definition };
    },
  });
}

/** Writes `install.sh`, and clones on the worker what the definition wants beside it. */
export const testInstallOverlay = (entry: DefinitionEntry, data: DeploymentData) =>
  defineAction({
    name: "test-install-overlay",
    summary: `write what installs ${entry.name}`,
    reads: { repo: testRepoSlot(entry), definition: definitionSlot(entry), overlay: OverlaySlot },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken },
    async run({ definition, files, overlay, repo, runner }, ctx) {
      const skip = skippedParts(entry);
      if (skip.size > 0) ctx.log.info(`${entry.name}: the job skips ${[...skip].join(", ")}`);
      for (const { branch, destination, url } of skip.has("git-repos") ? [] : definition.gitRepos) {
        const name = posix.normalize(destination ?? posix.basename(url, ".git"));
        if (name.startsWith("..") || posix.isAbsolute(name))
          throw jobError(
            "ERR_TESTDEF_INVALID",
            `definition ${entry.name}: git-repos: destination '${name}' leaves the test's folder`,
          );
        await gitClone(runner, { url, branch, folder: posix.join(repo.folder, name) }, ctx);
      }
      const script = installScript({
        definition,
        jobParameters: jobParameters(entry),
        shell: overlay.shell,
        folder: repo.deviceFolder,
        skip,
        ...(data.distro === undefined ? {} : { distro: data.distro }),
        onWarning: (text) => ctx.log.warning(text),
      });
      await files.write(posix.join(repo.folder, "install.sh"), script, 0o755);
    },
  });

const testRun = (entry: DefinitionEntry, definition: TestDefinition, repo: TestRepo): TestRun => ({
  testName: entry.testName,
  uuid: repo.uuid,
  stage: entry.stage,
  source: entry.from,
  repository: entry.repository,
  path: entry.path,
  revision: asText(entry.options.revision) ?? "unspecified",
  ...(repo.commitId === undefined ? {} : { commitId: repo.commitId }),
  ...(definition.pattern === undefined ? {} : { pattern: definition.pattern }),
  fixup: definition.fixup,
  expected: [...new Set([...definition.expected, ...asTexts(entry.options.expected)])],
});

/** Writes `run.sh` and enters the test in its stage's list. */
export const testRunscriptOverlay = (entry: DefinitionEntry): AnyAction =>
  defineAction({
    name: "test-runscript-overlay",
    summary: `write what runs ${entry.name}`,
    reads: { repo: testRepoSlot(entry), definition: definitionSlot(entry), overlay: OverlaySlot, runs: TestRunsSlot },
    needs: { files: FileStoreToken },
    writes: { runs: TestRunsSlot },
    async run({ definition, files, overlay, repo, runs }, ctx) {
      const script = runScript({
        definition,
        jobParameters: jobParameters(entry),
        shell: overlay.shell,
        folder: repo.deviceFolder,
        testName: entry.testName,
        kmsg: entry.options["lava-signal"] === "kmsg",
        characterDelayMs: characterDelayMs(ctx.job.device, "test"),
        onWarning: () => {}, // install.sh has told
      });
      await files.write(posix.join(repo.folder, "run.sh"), script, 0o755);
      const list = posix.join(overlay.folder, overlay.resultsDir, String(entry.stage), "lava-test-runner.conf");
      const before = (await files.exists(list)) ? await files.readText(list) : "";
      await files.write(list, `${before}${repo.deviceFolder}\n`);
      return { runs: [...runs, testRun(entry, definition, repo)] };
    },
  });
