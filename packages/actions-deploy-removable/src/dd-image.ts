import {
  type Downloaded,
  downloadedSlot,
  MediaRootSlot,
  promptPatterns,
  type Session,
  SessionSlot,
  sendLine,
  waitForPrompt,
} from "@basalt/actions-common";
import {
  type ActionContext,
  type AnySlot,
  asObject,
  asText,
  compilePattern,
  type Device,
  defineAction,
  dig,
  FileServerToken,
  infrastructureError,
  inNamespace,
  type JsonObject,
  jobError,
  type PlanRequest,
} from "@basalt/core";
import { type DdCommand, ddCommand } from "./dd-command.js";

/** The medium that a block names, as the device's dictionary knows it. */
export const mediumOf = (device: Device, params: JsonObject): JsonObject =>
  asObject(dig(device.dictionary, "parameters", "media", asText(params.to) ?? "", asText(params.device) ?? ""));

/** Keys of the files that a block downloads. */
export const imageKeys = (params: JsonObject): readonly string[] =>
  params.images === undefined ? ["image"] : Object.keys(asObject(params.images));

/**
 * Whose shell the image is written from: that of the block's own namespace, of its `connection-namespace`, or of the last boot before
 * it. LAVA hands its connection from block to block, whatever their namespaces.
 */
export function shellNamespace({ job, block }: Pick<PlanRequest, "job" | "block">): string {
  const boots = job.blocks.filter(({ section, index }) => section === "boot" && index < block.index);
  if (block.connectionNamespace !== block.namespace) return block.connectionNamespace;
  return boots.some(({ namespace }) => namespace === block.namespace)
    ? block.namespace
    : (boots.at(-1)?.namespace ?? block.namespace);
}

/** Where the next boot of the namespace finds its root file system on the medium. */
function mediaRoot({ job, block, device, params }: PlanRequest) {
  const boot = job.blocks.find(
    ({ section, namespace, index }) => section === "boot" && namespace === block.namespace && index > block.index,
  );
  const { root_uuid, root_node, boot_part } = boot?.params ?? {};
  const root = asText(root_uuid) ?? asText(root_node);
  const medium = mediumOf(device, params);
  const part = asText(boot_part) ?? asText(medium.boot_part);
  if (root === undefined || part === undefined) return undefined;
  return { root, part: `${asText(medium.device_id) ?? "0"}:${part}` };
}

const counted = "(\\d+)\\+(\\d+) records out";
const statusCode = "<LAVA_SIGNAL_RETRUNCODE (\\d+)>";

/** Types the command and follows it to its end. dd is content with nothing at all: what it counts is looked at. */
async function write(session: Session, command: DdCommand, ctx: ActionContext): Promise<void> {
  const { line, downloadPrompt, donePrompts } = command;
  const options = { signal: ctx.signal, clock: ctx.clock };
  await sendLine(session, `${line} && sync ; printf "<LAVA_SIGNAL_RETRUNCODE $?>\\n"`, ctx);
  const ended = compilePattern(statusCode);
  const wanted = [
    ...(downloadPrompt === undefined ? [] : [[downloadPrompt]]),
    donePrompts.length > 0 ? donePrompts : [counted],
  ];
  for (const texts of wanted) {
    const hit = await session.console.expect([ended, ...promptPatterns(texts)], options);
    if (hit.index === 0)
      throw infrastructureError(
        "ERR_STORAGE_WRITE",
        `'${line}' ended with ${hit.groups[0]} and never said '${texts.join("' or '")}': see what it printed above`,
      );
    if (donePrompts.length === 0 && texts[0] === counted && hit.groups.every((count) => Number(count) === 0))
      throw infrastructureError("ERR_STORAGE_WRITE", `'${line}' wrote nothing: the board could not fetch the image`);
  }
  const { groups } = await session.console.expect([ended], options);
  await waitForPrompt(session, ctx);
  if (groups[0] !== "0") throw infrastructureError("ERR_STORAGE_WRITE", `'${line}' ended with ${groups[0]}`);
}

/** `dd-image`: the board fetches the image and writes it to its medium. */
export function ddImage(request: PlanRequest) {
  const { device, params } = request;
  const keys = imageKeys(params);
  const reads: Record<string, AnySlot> = { session: inNamespace(SessionSlot, shellNamespace(request)) };
  for (const key of keys) reads[`image:${key}`] = downloadedSlot(key);
  const media = mediaRoot(request);
  return defineAction({
    name: "dd-image",
    summary: "write the image to the board's medium",
    reads,
    needs: { fileServer: FileServerToken },
    writes: (media ? { media: MediaRootSlot } : {}) as Readonly<Record<string, AnySlot>>,
    defaultTimeoutMs: 600_000,
    async validate() {
      if (!keys.includes("image"))
        throw jobError("ERR_STORAGE_IMAGE", "images has no 'image': name the one to write so");
    },
    async run({ fileServer, ...input }, ctx) {
      const values = input as unknown as Readonly<Record<string, unknown>>;
      const urls: Record<string, string> = {};
      for (const key of keys)
        urls[`${key.toUpperCase()}_URL`] = await fileServer.offer(
          (values[`image:${key}`] as Downloaded).path,
          ctx.cleanup,
        );
      const disk = `/dev/disk/by-id/${asText(mediumOf(device, params).uuid) ?? ""}`;
      const command = ddCommand(params, { ...urls, DOWNLOAD_URL: urls.IMAGE_URL ?? "", DEVICE: disk });
      await write(values.session as Session, command, ctx);
      return media ? { media } : {};
    },
  });
}
