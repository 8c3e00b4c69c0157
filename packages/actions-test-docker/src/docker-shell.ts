import { posix } from "node:path";
import {
  adbSerial,
  boardIds,
  containerName,
  DockerContainerSlot,
  type DockerMount,
  type DockerSpec,
  dockerOptions,
  dockerProgram,
  dockerRun,
  downloadsFolder,
  fetchDockerImage,
  matchesUsb,
  type Overlay,
  OverlaySlot,
  readDocker,
  removeContainer,
  runStage,
  SessionSlot,
  shellQuoted,
  TestRunsSlot,
  usbDevices,
  waitForPrompt,
} from "@basalt/actions-common";
import {
  type ActionContext,
  asList,
  asText,
  asTexts,
  type Device,
  type Dispatcher,
  DispatcherToken,
  defineAction,
  type FileStore,
  FileStoreToken,
  inNamespace,
  openConsole,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  PtySpawnerToken,
} from "@basalt/core";
import { DockerEnvironmentSlot } from "./device-environment.js";
import { dockerNamespace } from "./own-namespace.js";

const prompt = "docker-test-shell:$ ";

/** Folders of the worker that its settings give every docker test: `test_docker_bind_mounts`, read-only unless they say `rw`. */
const workerMounts = ({ config }: Dispatcher): readonly DockerMount[] =>
  asList(config.test_docker_bind_mounts).flatMap((entry) => {
    const [source, target = source, mode] = asTexts(entry);
    return source === undefined || target === undefined ? [] : [{ source, target, readOnly: mode !== "rw" }];
  });

async function downloadMount(files: FileStore, ctx: ActionContext): Promise<readonly DockerMount[]> {
  const folder = downloadsFolder(files, asText(ctx.parameters["downloads-namespace"]) ?? ctx.namespace);
  return (await files.exists(folder)) ? [{ source: folder, target: "/lava-downloads" }] : [];
}

async function boardNodes(files: FileStore, device: Device): Promise<readonly string[]> {
  const fastboot = asText(device.dictionary.fastboot_serial_number);
  const serials = [...boardIds(device), adbSerial(device), fastboot].filter(
    (serial): serial is string => serial !== undefined && serial !== "0000000000",
  );
  if (serials.length === 0) return [];
  return (await usbDevices(files)).filter((found) => matchesUsb(found, { serials })).map(({ node }) => node);
}

interface Container {
  readonly docker: DockerSpec;
  readonly name: string;
  readonly overlay: Overlay;
  readonly network: string | undefined;
}

/** The container's command line: the overlay where the tests look for it, downloads, the worker's folders, the board on USB. */
async function containerCommand(
  { docker, name, overlay, network }: Container,
  { files, dispatcher }: { readonly files: FileStore; readonly dispatcher: Dispatcher },
  ctx: ActionContext,
): Promise<readonly string[]> {
  const { device } = ctx.job;
  const { folder, resultsDir } = overlay;
  return dockerRun(
    {
      image: docker.image,
      name,
      device: dockerOptions(device),
      interactive: true,
      network: network === undefined ? undefined : `container:${network}`,
      devices: await boardNodes(files, device),
      mounts: [
        { source: posix.join(folder, resultsDir), target: resultsDir },
        ...(await downloadMount(files, ctx)),
        ...workerMounts(dispatcher),
      ],
      env: { PS1: prompt },
    },
    ["bash", "--norc", "-i"],
  );
}

/** What the test is told of the device, where the container's shell reads it; in a file, as such commands may hold passwords. */
async function writeEnvironment(files: FileStore, overlay: Overlay, variables: Readonly<Record<string, string>>) {
  const path = posix.join(overlay.folder, overlay.resultsDir, "environment");
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${shellQuoted(value)}\n`);
  await files.write(path, (await files.readText(path)) + lines.join(""));
}

/** `lava-docker-test-shell`: runs a stage's definitions in a container. */
export function dockerTestShell(request: PlanRequest, name: string) {
  const docker = readDocker(request.params.docker);
  const from = docker?.networkFrom;
  return defineAction({
    name,
    summary: "run the test definitions in a container",
    reads: {
      overlay: inNamespace(OverlaySlot, dockerNamespace),
      runs: inNamespace(TestRunsSlot, dockerNamespace),
      environment: DockerEnvironmentSlot,
      network: optional(from === undefined ? DockerContainerSlot : inNamespace(DockerContainerSlot, from)),
    },
    needs: { files: FileStoreToken, runner: ProcessRunnerToken, pty: PtySpawnerToken, dispatcher: DispatcherToken },
    writes: { session: inNamespace(SessionSlot, dockerNamespace), container: DockerContainerSlot },
    blameOnTimeout: "test",
    async run({ overlay, runs, environment, network, files, runner, pty, dispatcher }, ctx) {
      if (!docker) throw new Error("a docker test without a container: the schema lets none through");
      await writeEnvironment(files, overlay, environment);
      await fetchDockerImage(runner, docker, ctx);
      const container =
        docker.containerName ?? containerName("docker-test-shell", dispatcher.prefix, ctx.job.id, ctx.level);
      const parts = { docker, name: container, overlay, network: from === undefined ? undefined : network };
      const argv = await containerCommand(parts, { files, dispatcher }, ctx);
      ctx.log.info(`starting ${argv.join(" ")}`);
      ctx.cleanup.defer(`container ${container}`, () =>
        removeContainer(runner, dockerProgram({ device: dockerOptions(ctx.job.device) }), container),
      );
      const console = openConsole(await pty.spawn(argv, {}), { ...ctx, namespace: dockerNamespace });
      const session = { console, prompts: ["docker-test-shell:\\$ "], lineSeparator: "\n" };
      await waitForPrompt(session, ctx);
      // character delays are of the board's serial line
      await runStage({ session, overlay, runs, stage: request.stage }, { ...ctx, characterDelayMs: 0 });
      await console.send("exit\n", { signal: ctx.signal });
      return { session, container };
    },
  });
}
