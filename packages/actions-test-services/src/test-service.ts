import { posix } from "node:path";
import { composeProject, downloadedSlot, downloadPlan, gitClone, readDownload, runTool } from "@basalt/actions-common";
import {
  type ActionContext,
  ArchiverToken,
  asObject,
  asText,
  type Compression,
  DispatcherToken,
  defineAction,
  FileStoreToken,
  type Json,
  type JsonObject,
  jobError,
  type PlanNode,
  type PlanRequest,
  ProcessRunnerToken,
  retry,
  sequence,
  withTail,
} from "@basalt/core";

/** Key of the download of a service's archive. */
const keyOf = (index: number): string => `service-${index}`;

const common = {
  name: "lava-test-service",
  needs: { runner: ProcessRunnerToken, files: FileStoreToken, dispatcher: DispatcherToken },
  blameOnTimeout: "test",
} as const;

interface Started {
  readonly service: JsonObject;
  readonly folder: string;
  readonly project: string;
}

/** `docker compose up`, and its end, which comes with the job's. */
async function start(runner: Parameters<typeof runTool>[0], { service, folder, project }: Started, ctx: ActionContext) {
  const path = posix.normalize(asText(service.path) ?? "");
  if (path.startsWith("..") || posix.isAbsolute(path))
    throw jobError("ERR_SERVICE_PATH", `service '${asText(service.name)}': path '${path}' is outside its repository`);
  const compose = ["docker", "compose", "--project-name", project, "--file", posix.join(folder, path)];
  ctx.cleanup.defer(`service ${project}`, async () => {
    await runner.run([...compose, "down", "--volumes", "--remove-orphans"], { signal: new AbortController().signal });
  });
  const one = asText(service.service);
  await runTool(runner, [...compose, "up", "--detach", "--wait", ...(one === undefined ? [] : [one])], ctx);
}

/** A service from a git repository. */
const fromGit = (service: JsonObject) =>
  defineAction({
    ...common,
    summary: `start service ${asText(service.name)}`,
    async run({ runner, files, dispatcher }, ctx) {
      const folder = await files.makeFolder("service");
      const request = { url: asText(service.repository) ?? "", folder, branch: asText(service.branch) };
      const revision = asText(service.revision);
      const more = { shallow: service.history === false, recursive: service.recursive === true };
      await gitClone(runner, { ...request, revision, ...more }, ctx);
      const project = composeProject(dispatcher, ctx.job.id, asText(service.name) ?? "");
      await start(runner, { service, folder, project }, ctx);
    },
  });

/** A service from an archive that was downloaded before. */
const fromUrl = (service: JsonObject, index: number) =>
  defineAction({
    ...common,
    summary: `start service ${asText(service.name)}`,
    reads: { archive: downloadedSlot(keyOf(index)) },
    needs: { ...common.needs, archiver: ArchiverToken },
    async run({ archive, runner, files, dispatcher, archiver }, ctx) {
      const folder = await files.makeFolder("service");
      const compression = archive.compression as Compression | undefined;
      await archiver.unpackTar(archive.path, folder, { signal: ctx.signal, ...(compression ? { compression } : {}) });
      const project = composeProject(dispatcher, ctx.job.id, asText(service.name) ?? "");
      await start(runner, { service, folder, project }, ctx);
    },
  });

/** `lava-test-service-retry > [lava-test-service > [?download-retry]]`. */
export function servicePlan(value: Json, index: number, request: PlanRequest): PlanNode {
  const service = asObject(value);
  if (service.from !== "url") return retry("lava-test-service-retry", fromGit(service));
  const spec = readDownload(keyOf(index), { ...service, url: service.repository });
  const download = downloadPlan(spec, { folder: "services" }, request);
  return retry("lava-test-service-retry", withTail(fromUrl(service, index), sequence("lava-test-service", download)));
}
