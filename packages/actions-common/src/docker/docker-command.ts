import type { DockerOptions } from "./docker-spec.js";

/** A folder or file of the worker in the container. */
export interface DockerMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly?: boolean;
}

/** A `docker run`. */
export interface DockerRun {
  readonly image: string;
  readonly name: string;
  /** Of the device; put before those below. */
  readonly device?: DockerOptions;
  /** A remote daemon: `tcp://10.3.2.12:2376`. */
  readonly host?: string | undefined;
  /** A terminal and an open standard input. */
  readonly interactive?: boolean;
  readonly network?: string | undefined;
  readonly devices?: readonly string[];
  readonly mounts?: readonly DockerMount[];
  readonly env?: Readonly<Record<string, string>>;
  readonly extra?: readonly string[];
}

const mountArgument = ({ source, target, readOnly = false }: DockerMount): string =>
  `--mount=type=bind,source=${source},destination=${target}${readOnly ? ",readonly=true" : ""}`;

/** `docker`, with the daemon and options that the device names. */
export const dockerProgram = ({ host, device }: Pick<DockerRun, "host" | "device"> = {}): readonly string[] => [
  "docker",
  ...(host === undefined ? [] : ["--host", host]),
  ...(device?.globalOptions ?? []),
];

/** The command line that runs a program in a new container, which goes with the program. */
export function dockerRun(run: DockerRun, argv: readonly string[]): readonly string[] {
  const { image, name, interactive = false, network, devices = [], mounts = [], env = {}, extra = [] } = run;
  return [
    ...dockerProgram(run),
    ...["run", "--rm", "--init", "--hostname=lava", `--name=${name}`],
    ...(interactive ? ["--interactive", "--tty"] : []),
    ...(network === undefined ? [] : [`--network=${network}`]),
    ...(run.device?.options ?? []),
    ...devices.map((device) => `--device=${device}`),
    ...mounts.map(mountArgument),
    ...Object.entries(env).map(([key, value]) => `--env=${key}=${value}`),
    ...extra,
    image,
    ...argv,
  ];
}

/** A container's name, of this job and action: two attempts and two jobs never meet. */
export const containerName = (what: string, prefix: string, jobId: string, level: string): string =>
  `lava-${what}-${prefix}${jobId}-${level}`.replaceAll(/[^\w.-]/g, "-");
