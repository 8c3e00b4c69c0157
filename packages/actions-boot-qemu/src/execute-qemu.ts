import { type Downloaded, downloadedSlot, GuestDriveSlot, NfsRootSlot, SessionSlot } from "@basalt/actions-common";
import {
  AccelerationToken,
  type AnySlot,
  asObject,
  asText,
  defineAction,
  optional,
  type PlanRequest,
  ProcessRunnerToken,
  PtySpawnerToken,
} from "@basalt/core";
import { inDocker } from "./docker.js";
import { deployedImages, qemuCommand } from "./qemu-command.js";
import { checkMachine, startQemu } from "./start-qemu.js";

/** Starts QEMU in a pty: its serial port is the console. It is ended, with all it started, when the attempt fails or the job ends. */
export function executeQemu(request: PlanRequest, method: string) {
  const { job, block, device, params } = request;
  const images = deployedImages(job, block.index, block.namespace);
  const reads: Record<string, AnySlot> = Object.fromEntries(
    images.map(({ key }) => [`image:${key}`, downloadedSlot(key)]),
  );
  const docker = asObject(params.docker);
  const usesDocker = Object.keys(docker).length > 0;
  return defineAction({
    name: "execute-qemu",
    summary: "start QEMU",
    reads: { ...reads, drive: optional(GuestDriveSlot), nfs: optional(NfsRootSlot) },
    needs: { pty: PtySpawnerToken, runner: ProcessRunnerToken, acceleration: AccelerationToken },
    writes: { session: SessionSlot },
    async validate({ runner }) {
      await checkMachine({ device, job, method, runner, inContainer: usesDocker });
    },
    async run({ pty, acceleration, drive, nfs, ...values }, ctx) {
      const files = values as unknown as Readonly<Record<string, Downloaded>>;
      const binary = asText(docker.binary);
      const plain = qemuCommand({
        device,
        method,
        images: images.map((image) => ({ ...image, file: files[`image:${image.key}`] as Downloaded })),
        drive,
        nfs: method === "qemu-nfs" ? nfs : undefined,
        ...(binary === undefined ? {} : { binary }),
      });
      const inPlace = (argv: readonly string[]): readonly string[] => (usesDocker ? inDocker(argv, docker, ctx) : argv);
      const { console } = await startQemu(plain, { pty, acceleration, inPlace }, ctx);
      return { session: { console, prompts: [], lineSeparator: "\n" } };
    },
  });
}
