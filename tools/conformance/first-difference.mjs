const isObject = (value) => typeof value === "object" && value !== null;
const show = (value) => (value === undefined ? "nothing" : JSON.stringify(value, summarise).slice(0, 120));
/** A node's children are many lines; in a message their names say enough. */
const summarise = (key, value) =>
  key === "pipeline" && Array.isArray(value) ? value.map((node) => node?.name ?? node) : value;

/** The step to a value inside another, readable in a message: a node of a plan is called by its level and name. */
const step = (path, key, value) =>
  Array.isArray(value) && isObject(value[key]) && value[key].name
    ? `${value[key].level} ${value[key].name}`
    : [path, key].filter((part) => part !== "").join(" ");

/**
 * The first place where two plans differ, in the order of the expected one: its path, what was expected and what came.
 * Undefined where they are equal, keys in any order.
 */
export function firstDifference(expected, got, path = "") {
  if (Object.is(expected, got)) return undefined;
  if (!isObject(expected) || !isObject(got) || Array.isArray(expected) !== Array.isArray(got))
    return `${path}: expected ${show(expected)}, got ${show(got)}`;
  for (const key of Object.keys(expected)) {
    if (!Object.hasOwn(got, key)) return `${step(path, key, expected)}: expected ${show(expected[key])}, got nothing`;
    const found = firstDifference(expected[key], got[key], step(path, key, expected));
    if (found) return found;
  }
  const extra = Object.keys(got).find((key) => !Object.hasOwn(expected, key));
  return extra === undefined ? undefined : `${step(path, extra, got)}: expected nothing, got ${show(got[extra])}`;
}
