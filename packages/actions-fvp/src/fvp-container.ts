import { posix } from "node:path";
import {
  containerName,
  containerOptions,
  type DeployedImage,
  type DockerMount,
  type DockerSpec,
  deployedImages,
  dockerOptions,
  dockerProgram,
  dockerRun,
  imagePath,
  imagesDeploy,
  putPaths,
  readDocker,
  splitCommand,
} from "@basalt/actions-common";
import {
  type ActionContext,
  asObject,
  asText,
  asTexts,
  type Block,
  type Device,
  type FileStore,
  jobError,
  methodOptions,
  type PlanRequest,
} from "@basalt/core";

/** Where a deploy block's images lie, below the job's folder. */
export const fvpFolder = ({ index }: Block): string => `${index + 1}-fvp-deploy`;

/** A boot block's model and what it is run with. */
export interface Fvp {
  readonly device: Device;
  readonly docker: DockerSpec;
  readonly images: readonly DeployedImage[];
  /** The block that brings the images. */
  readonly deploy: Block | undefined;
  readonly program: string;
  readonly arguments: readonly string[];
  /** `NAME=VALUE` each. */
  readonly environment: readonly string[];
}

/** Reads a boot block. @throws ERR_DOCKER_IMAGE (job); ERR_FVP_COMMAND (job) for a variable that docker could not read */
export function readFvp(request: PlanRequest): Fvp {
  const { params, device } = request;
  const docker = readDocker(params.docker);
  if (!docker)
    throw jobError(
      "ERR_DOCKER_IMAGE",
      "boot method fvp runs a container: name it, as in docker: {name: foundation:11.8}",
    );
  const license = asText(params.license_variable);
  const environment = [...(license === undefined ? [] : [license]), ...asTexts(params.environment)];
  const broken = environment.find((variable) => /[\r\n]/.test(variable));
  if (broken !== undefined)
    throw jobError(
      "ERR_FVP_COMMAND",
      `a variable can't have a line break: ${JSON.stringify(broken)}; correct environment`,
    );
  return {
    device,
    docker,
    images: deployedImages(request),
    deploy: imagesDeploy(request),
    program: asText(params.image) ?? "",
    arguments: asTexts(params.arguments).filter((argument) => argument.trim() !== ""),
    environment,
  };
}

/** The docker client; the daemon is the one that the device's docker options name. */
export const clientOf = (device: Device): readonly string[] => dockerProgram({ device: dockerOptions(device) });

/** Name of a container that an action starts. */
export const nameFor = (what: string, ctx: ActionContext): string =>
  containerName(`docker-${what}`, "", ctx.job.id, ctx.level);

/** The images' folder, absolute: `{ARTIFACT_DIR}`. */
function artifactFolder({ images, deploy }: Fvp, input: unknown, files: FileStore): string {
  if (deploy && asText(deploy.params.to) === "fvp") return posix.join(files.root, fvpFolder(deploy));
  const [first] = images;
  return first ? posix.dirname(imagePath(input, first.key)) : files.root;
}

function mountsOf(fvp: Fvp, input: unknown, files: FileStore): readonly DockerMount[] {
  const folder = artifactFolder(fvp, input, files);
  const others = fvp.images
    .map(({ key }) => posix.dirname(imagePath(input, key)))
    .filter((path) => path !== folder && !path.startsWith(`${folder}/`));
  const folders = fvp.images.length === 0 ? [] : [folder, ...new Set(others)];
  return folders.map((source) => ({ source, target: source }));
}

/** A text with images' paths in place. */
export const fvpText = (text: string, fvp: Fvp, input: unknown, files: FileStore): string =>
  putPaths(text, input, fvp.images).replaceAll("{ARTIFACT_DIR}", artifactFolder(fvp, input, files));

/** Words of a text as a shell would split it, images in place. */
export const fvpWords = (text: string, fvp: Fvp, input: unknown, files: FileStore): readonly string[] =>
  splitCommand(text).map((word) => fvpText(word, fvp, input, files));

/** The model's command line. */
export const modelWords = (fvp: Fvp, input: unknown, files: FileStore): readonly string[] =>
  [fvp.program, ...fvp.arguments].flatMap((text) => fvpWords(text, fvp, input, files));

/** What docker reads the model's variables from, its standard input: a job's secret has no place in a process list. */
export const fvpInput = ({ environment }: Fvp): { readonly input?: string } =>
  environment.length === 0 ? {} : { input: environment.map((variable) => `${variable}\n`).join("") };

export interface FvpContainer {
  readonly name: string;
  /** The model's words, once images are deployed: their folder is mounted where it is on the worker. */
  readonly input?: unknown;
  readonly files?: FileStore;
  readonly detached?: boolean;
  /** Container whose network it shares. */
  readonly network?: string | undefined;
}

/** The command line of a container for the model, to be run with {@link fvpInput}; limited as `actions.boot.methods.fvp.options` of the device says. */
export function fvpContainer(fvp: Fvp, argv: readonly string[], container: FvpContainer): readonly string[] {
  const { name, input, files, detached = false, network } = container;
  const { device, docker, environment } = fvp;
  const own = containerOptions(asObject(methodOptions(device, "boot", "fvp").options));
  const { globalOptions } = dockerOptions(device);
  return dockerRun(
    {
      image: docker.image,
      name,
      device: { globalOptions, options: own },
      network: network === undefined ? undefined : `container:${network}`,
      mounts: files === undefined ? [] : mountsOf(fvp, input, files),
      extra: [...(environment.length === 0 ? [] : ["--env-file=/dev/stdin"]), ...(detached ? ["--detach"] : [])],
    },
    argv,
  );
}
