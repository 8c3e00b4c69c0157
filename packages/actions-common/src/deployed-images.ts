import { type AnySlot, asObject, asText, type Block, dig, hasKey, type PlanRequest } from "@basalt/core";
import { type Downloaded, downloadedSlot } from "./slots.js";

/** An image that the last deploy before a boot block brings. */
export interface DeployedImage {
  readonly key: string;
  readonly imageArg?: string;
}

/** The last deploy before a block, in its namespace, that brings images. */
export const imagesDeploy = ({ job, block }: Pick<PlanRequest, "job" | "block">): Block | undefined =>
  job.blocks.findLast(
    ({ section, namespace, index, params }) =>
      section === "deploy" && namespace === block.namespace && index < block.index && hasKey(params, "images"),
  );

/** Images of the last deploy of the block's namespace, in job order. */
export function deployedImages(request: Pick<PlanRequest, "job" | "block">): readonly DeployedImage[] {
  return Object.entries(asObject(imagesDeploy(request)?.params.images)).map(([key, image]) => {
    const imageArg = asText(dig(image, "image_arg"));
    return { key, ...(imageArg === undefined ? {} : { imageArg }) };
  });
}

/** Slots of their files, to be read. */
export const imageSlots = (images: readonly DeployedImage[]): Readonly<Record<string, AnySlot>> =>
  Object.fromEntries(images.map(({ key }) => [`image:${key}`, downloadedSlot(key)]));

/** Path of an image, from what {@link imageSlots} read. */
export const imagePath = (input: unknown, key: string): string =>
  ((input as Readonly<Record<string, unknown>>)[`image:${key}`] as Downloaded).path;

/** Puts the images' paths in: `{KEY}` or `{key}`. What stands for none of them stays. */
export function putPaths(text: string, input: unknown, images: readonly DeployedImage[]): string {
  const paths = new Map(
    images.flatMap(({ key }) => [
      [key, imagePath(input, key)],
      [key.toUpperCase(), imagePath(input, key)],
    ]) as [string, string][],
  );
  return text.replaceAll(/\{([\w.-]+)\}/g, (whole, name: string) => paths.get(name) ?? whole);
}
