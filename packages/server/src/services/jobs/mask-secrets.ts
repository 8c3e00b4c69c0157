import { createHash } from "node:crypto";
import { isJsonObject } from "@basalt/core";
import { isMap, isScalar, type Node, parseDocument, visit } from "yaml";

const mask = "********";
const hidden = "# not shown: it has secrets\n";

/** To take a text apart takes longer than to send it, and lists are asked for by everybody: what was masked is kept, longest unused goes first. */
const masked = new Map<string, string>();
const mostMasked = 500;
/** Longer ones with secrets are not shown to others: a thousand of them in one list would stall the server. */
const longestMasked = 65_536;

/** What is already known of {@link maskSecrets}, or costs nothing to tell; undefined where the text has to be taken apart. */
export function maskedBefore(text: string): string | undefined {
  if (!text.includes("secrets")) return text;
  if (text.length > longestMasked) return hidden;
  const key = createHash("sha256").update(text).digest("base64");
  const found = masked.get(key);
  if (found !== undefined) {
    masked.delete(key);
    masked.set(key, found);
  }
  return found;
}

/**
 * A definition with the values of its top-level `secrets` masked; everything else stays as it was written, comments too. A text whose
 * secrets can't be told apart for certain (anchors, merge keys) is not shown at all.
 */
export function maskSecrets(text: string): string {
  const before = maskedBefore(text);
  if (before !== undefined) return before;
  const made = maskAnew(text);
  masked.set(createHash("sha256").update(text).digest("base64"), made);
  for (const oldest of masked.keys()) if (masked.size > mostMasked) masked.delete(oldest);
  return made;
}

function maskAnew(text: string): string {
  const document = parseDocument(text, { version: "1.1", merge: true, uniqueKeys: false });
  if (document.errors.length > 0 || !isMap(document.contents)) return hidden;
  const spans: [number, number][] = [];
  for (const { key, value } of document.contents.items) {
    if (!isScalar(key) || key.value !== "secrets" || !value) continue;
    visit(value as Node, {
      Scalar(place, node) {
        if (place !== "key" && node.range) spans.push([node.range[0], node.range[1]]);
      },
    });
  }
  const made = spans
    .sort((a, b) => b[0] - a[0])
    .reduce(
      (left, [from, to]) => `${left.slice(0, from)}"${mask}"${ending(left.slice(from, to))}${left.slice(to)}`,
      text,
    );
  return isMasked(made) ? made : hidden;
}

/** A block scalar's range takes the line end along. */
const ending = (cut: string): string => (cut.endsWith("\n") ? "\n" : "");

function isMasked(text: string): boolean {
  const document = parseDocument(text, { version: "1.1", merge: true, uniqueKeys: false });
  if (document.errors.length > 0) return false;
  const value = plain(() => document.toJS());
  const covered = (item: unknown): boolean => {
    if (Array.isArray(item)) return item.every(covered);
    if (typeof item === "object" && item !== null) return Object.values(item).every(covered);
    return item === mask || item === null || item === undefined;
  };
  return isJsonObject(value) && covered(value.secrets);
}

/** Undefined for what has more aliases than the reader follows. */
function plain(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}
