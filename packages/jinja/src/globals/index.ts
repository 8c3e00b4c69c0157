import { overflowError, typeError } from "../errors.js";
import { updateDict } from "../methods/dict.js";
import { type Builtins, builtins } from "../runtime/builtin.js";
import { Dict, Range } from "../runtime/collections.js";
import { Cycler, Joiner, Namespace } from "../runtime/global-objects.js";
import { asIndex } from "../runtime/slices.js";
import type { Kwargs, Value } from "../runtime/values.js";
import { lipsum } from "./lipsum.js";

// Jinja2's sandbox refuses longer ones.
const maxRange = 100_000;

function makeRange(args: readonly Value[]): Range {
  if (args.length === 0) throw typeError("range expected at least 1 argument, got 0");
  if (args.length > 3) throw typeError(`range expected at most 3 arguments, got ${args.length}`);
  const [first = 0, second, step = 1] = args.map(asIndex);
  const range = second === undefined ? new Range(0, first, 1) : new Range(first, second, step);
  if (range.count > maxRange) {
    throw overflowError(`Range too big. The sandbox blocks ranges larger than MAX_RANGE (${maxRange}).`);
  }
  return range;
}

function makeDict(args: readonly Value[], kwargs: Kwargs): Dict {
  if (args.length > 1) throw typeError(`dict expected at most 1 argument, got ${args.length}`);
  const dict = new Dict();
  updateDict(dict, args[0], kwargs);
  return dict;
}

/** The globals of Jinja2. */
export const globals: Builtins = builtins([
  ["range", "/*", (_, args: Value[]) => makeRange(args)],
  ["dict", "*, **", (_, args: Value[], kwargs: Kwargs) => makeDict(args, kwargs)],
  ["lipsum", "n=, html=, min=, max=", lipsum],
  ["cycler", "*", (context, items: Value[]) => new Cycler(context, items)],
  ["joiner", "sep=", (_, separator: Value = ", ") => new Joiner(separator)],
  ["namespace", "*, **", (_, args: Value[], kwargs: Kwargs) => new Namespace(makeDict(args, kwargs))],
]);
