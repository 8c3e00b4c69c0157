import type { ListQuery, Page } from "@basalt/server";

const pageSize = 1_000;

/** All items of a list, page after page. */
export async function everything<T>(list: (query: ListQuery) => Promise<Page<T>>): Promise<readonly T[]> {
  const all: T[] = [];
  for (;;) {
    const { items, count } = await list({ limit: pageSize, offset: all.length });
    all.push(...items);
    if (items.length === 0 || all.length >= count) return all;
  }
}
