/** The way from a document's root to a value: mapping keys and list indexes. */
export type YamlPath = readonly (string | number)[];

/** A path for people: `actions[1].boot.method`, `images["my disk"].url`; the root is `(the document)`. */
export function formatPath(path: YamlPath): string {
  if (path.length === 0) return "(the document)";
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[\w-]+$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
