/** LAVA names many things by number in its paths; a name does as well. A number counts first. */
export const byIdOrName = <Item extends { readonly id: number; readonly name: string }>(
  items: readonly Item[],
  key: string,
): Item | undefined => items.find(({ id }) => String(id) === key) ?? items.find(({ name }) => name === key);
