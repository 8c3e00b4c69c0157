import { asList, asObject, asText, asTexts, type Json, type JsonObject } from "@basalt/core";

/** One step through a menu: choose an item, type a text or go back; then wait. */
export interface MenuStep {
  /** Labels; the first that the menu has is chosen. */
  readonly items: readonly string[];
  /** Chosen where none of the items is there. */
  readonly fallback?: string;
  /** Typed as it is. */
  readonly enter?: string;
  /** The escape key is sent. */
  readonly escape: boolean;
  /** What the device says when the step is done. */
  readonly wait?: string;
}

/** Reads a menu of the device: a list of `{select: {items, fallback, enter, escape, wait}}`. */
export const readMenuSteps = (value: Json | undefined): readonly MenuStep[] =>
  asList(value).map((entry) => {
    const select = asObject(asObject(entry).select);
    const texts = { fallback: asText(select.fallback), enter: asText(select.enter), wait: asText(select.wait) };
    return {
      items: asTexts(select.items),
      escape: select.escape !== undefined && select.escape !== false,
      ...(Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== undefined)) as Partial<
        Record<keyof typeof texts, string>
      >),
    };
  });

/** How a menu shows its items: `[1] Boot Manager`. */
export interface MenuLook {
  readonly markup: readonly [string, string];
  /** Characters of an item's key, as in a Python character class. */
  readonly itemClass: string;
  readonly separator: string;
}

/** Reads it from a method's `parameters`. */
export function menuLook(parameters: JsonObject): MenuLook {
  const [open = "[", close = "]"] = asTexts(parameters.item_markup);
  return {
    markup: [open, close],
    itemClass: asText(parameters.item_class) ?? "0-9",
    separator: asText(parameters.separator) ?? " ",
  };
}

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
const terminalSequences = /\u001b\[[0-9;=?]*[A-Za-z]/g;

/** The key of an item by its label, in what the device said last; letters' case does not count. Undefined where it is not there. */
export function itemKey(text: string, look: MenuLook, label: string): string | undefined {
  const [open, close] = look.markup.map(escaped);
  const item = new RegExp(`${open}([${look.itemClass}]+)${close}${escaped(look.separator)}(.*)`, "i");
  const lines = text.replace(terminalSequences, "").split(/\r?\n|\r/);
  const found = lines.flatMap((line) => {
    const [, key, name = ""] = item.exec(line) ?? [];
    return key === undefined ? [] : [{ key, name: name.trim().toLowerCase() }];
  });
  const wanted = label.trim().toLowerCase();
  // the menu that was printed last counts
  const last = found.toReversed();
  return (last.find(({ name }) => name === wanted) ?? last.find(({ name }) => name.includes(wanted)))?.key;
}
