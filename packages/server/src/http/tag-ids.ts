import type { ApiRequest } from "./route.js";

/** Ids of tags by name: LAVA's answers have ids, the services names. Not looked for where nothing has a tag. */
export async function tagIds(
  { services, asker }: Pick<ApiRequest, "services" | "asker">,
  items: readonly { readonly tags: readonly string[] }[],
): Promise<ReadonlyMap<string, number>> {
  if (items.every(({ tags }) => tags.length === 0)) return new Map();
  return new Map((await services.tags.list(asker)).map(({ id, name }) => [name, id]));
}
