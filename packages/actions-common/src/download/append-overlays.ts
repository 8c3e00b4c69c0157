import { posix } from "node:path";
import {
  type ActionContext,
  type AnyAction,
  type AnySlot,
  type Archiver,
  ArchiverToken,
  asText,
  type Compression,
  defineAction,
  type FileStore,
  FileStoreToken,
  optional,
  type ProcessRunner,
  ProcessRunnerToken,
  slot,
} from "@basalt/core";
import { addToExtImage, partitionOffset } from "../image/ext-image.js";
import { runTool } from "../run-tool.js";
import { type Downloaded, downloadedSlot, type Overlay, OverlaySlot } from "../slots.js";
import type { DownloadSpec } from "./download-spec.js";

/** One of an image's `overlays` beside LAVA's own. */
export interface NamedOverlay {
  readonly name: string;
  readonly spec: DownloadSpec;
}

/** Set once LAVA's overlay is inside an image: no drive or transfer needs to carry it. */
export const OverlayAppliedSlot = slot<boolean>("overlay.applied");

interface Tools {
  readonly files: FileStore;
  readonly archiver: Archiver;
  readonly runner: ProcessRunner;
}

/** Puts all overlays into one folder, laid out as they will be in the image. */
async function stage(
  overlays: readonly NamedOverlay[],
  fetched: ReadonlyMap<string, Downloaded>,
  lava: Overlay | undefined,
  tools: Tools,
  ctx: ActionContext,
): Promise<string> {
  const folder = await tools.files.makeFolder("append-overlays");
  for (const { name, spec } of overlays) {
    const file = fetched.get(name);
    if (!file) continue;
    const target = posix.join(folder, posix.normalize(`/${asText(spec.options.path) ?? ""}`));
    if (asText(spec.options.format) === "tar") {
      const compression = file.compression as Compression | undefined;
      await tools.archiver.unpackTar(file.path, target, {
        signal: ctx.signal,
        ...(compression ? { compression } : {}),
      });
    } else await tools.files.copy(file.path, target);
  }
  if (lava) await tools.files.copyTree(lava.folder, folder);
  return folder;
}

/** A ramdisk may be several archives, one after the other: the kernel unpacks them in order, each with its own compression. */
async function appendToCpio(image: Downloaded, folder: string, tools: Tools, ctx: ActionContext): Promise<void> {
  const extra = `${image.path}.overlay`;
  const compression = image.compression as Compression | undefined;
  await tools.archiver.packCpio(folder, extra, { signal: ctx.signal, ...(compression ? { compression } : {}) });
  await runTool(tools.runner, ["sh", "-c", 'cat "$1" >> "$2"', "sh", extra, image.path], ctx);
}

async function appendToTar(image: Downloaded, folder: string, tools: Tools, ctx: ActionContext): Promise<void> {
  const compression = image.compression as Compression | undefined;
  const plain = compression ? `${image.path}.tar` : image.path;
  if (compression) await tools.archiver.decompress(image.path, plain, { compression, signal: ctx.signal });
  await runTool(
    tools.runner,
    ["tar", "--append", "--owner=0", "--group=0", "--numeric-owner", "-C", folder, "-f", plain, "."],
    ctx,
  );
  if (compression) await tools.archiver.compress(plain, image.path, { compression, signal: ctx.signal });
}

async function appendToExt(
  spec: DownloadSpec,
  image: Downloaded,
  folder: string,
  tools: Tools,
  ctx: ActionContext,
): Promise<void> {
  const sparse = spec.options.sparse === true;
  const raw = sparse ? `${image.path}.raw` : image.path;
  if (sparse) await runTool(tools.runner, ["simg2img", image.path, raw], ctx);
  const { partition } = spec.options;
  const offset = typeof partition === "number" ? await partitionOffset(tools, raw, partition, ctx) : 0;
  await addToExtImage(tools, raw, folder, { offset, ctx });
  if (sparse) await runTool(tools.runner, ["img2simg", raw, image.path], ctx);
}

/** Puts the overlays of an image's `overlays` into the downloaded file: cpio.newc, tar or ext4. */
export function appendOverlays(spec: DownloadSpec, overlays: readonly NamedOverlay[], wantsLava: boolean): AnyAction {
  const reads: Record<string, AnySlot> = { image: downloadedSlot(spec.key) };
  for (const overlay of overlays) reads[`overlay:${overlay.name}`] = downloadedSlot(overlay.spec.key);
  if (wantsLava) reads.lava = optional(OverlaySlot);
  return defineAction({
    name: "append-overlays",
    summary: `put overlays into ${spec.key}`,
    reads,
    needs: { files: FileStoreToken, archiver: ArchiverToken, runner: ProcessRunnerToken },
    writes: { applied: OverlayAppliedSlot },
    async run(input, ctx) {
      const { files, archiver, runner } = input;
      const tools: Tools = { files, archiver, runner };
      const values = input as unknown as Readonly<Record<string, unknown>>;
      const image = values.image as Downloaded;
      const lava = values.lava as Overlay | undefined;
      const fetched = new Map(overlays.map(({ name }) => [name, values[`overlay:${name}`] as Downloaded]));
      const folder = await stage(overlays, fetched, lava, tools, ctx);
      const format = asText(spec.options.format);
      if (format === "cpio.newc") await appendToCpio(image, folder, tools, ctx);
      else if (format === "tar") await appendToTar(image, folder, tools, ctx);
      else await appendToExt(spec, image, folder, tools, ctx);
      return { applied: lava !== undefined };
    },
  });
}
