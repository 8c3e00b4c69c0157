import { Dict, Tuple } from "../../runtime/collections.js";
import { PyFloat, type Value } from "../../runtime/values.js";
import type { Random } from "./random.js";

export const words = [
  "",
  "a",
  "b c",
  "Hello World",
  "lava",
  "x-y_z",
  "ünïcödé",
  "日本",
  "😀 a😀b",
  "it's",
  '"q"',
  "<b>&amp;",
  "  pad ",
  "1",
  "42",
  "3.5",
  "line\nbreak\n\nend",
  "tab\there",
  "%s and %d",
  "{} {a}",
  "a,b,,c",
  "AbC dEf",
  "0x1f",
];
export const integers = [0, 1, 2, 3, 7, 10, -1, -5, 100, 12345, 2147483648, 9007199254740991];
const floats = [0.5, 1.25, -2.75, 3.7, 1e-7, 1.5e300, 2.5e16, 0.1];

const anyScalar = (random: Random): Value =>
  random.pick<() => Value>([
    () => random.pick(words),
    () => random.pick(integers),
    () => random.pick(floats),
    () => new PyFloat(random.pick([0, 1, 2, -3, 1e16])),
    () => random.chance(0.5),
    () => null,
  ])();

/** The values a generated template can use, by the names the generator knows them under. */
export function makeContext(random: Random): Record<string, Value> {
  const dict = (): Dict =>
    Dict.of(random.times(0, 4, () => [random.pick(["a", "b", "key", "x y", "items", "1"]), anyScalar(random)]));
  const context: Record<string, Value> = {
    n: random.pick(integers),
    m: random.pick(integers),
    f: random.pick(floats),
    g: new PyFloat(random.pick([0, 1, 2, -3])),
    s: random.pick(words),
    u: random.pick(words),
    big: random.pick([2n ** 70n, -(3n ** 50n), 10n ** 20n]),
    t: random.chance(0.5),
    nil: null,
    li: random.times(0, 5, () => random.pick(integers)),
    ls: random.times(0, 5, () => random.pick(words)),
    la: random.times(0, 4, () => anyScalar(random)),
    ll: random.times(0, 3, () => random.times(0, 3, () => random.pick(integers))),
    tu: new Tuple(random.times(0, 3, () => anyScalar(random))),
    d: dict(),
    e: Dict.of([
      ["a", random.pick(integers)],
      ["b", random.pick(words)],
      ["c", [1, 2]],
      ["d", Dict.of([["k", "v"]])],
    ]),
    ld: random.times(0, 4, () =>
      Dict.of([
        ["name", random.pick(words)],
        ["n", random.pick(integers)],
        ["k", Dict.of([["v", random.pick(integers)]])],
      ]),
    ),
    di: Dict.of(
      random.times(0, 3, () => [random.pick<Value>([1, 2, true, null, new Tuple([1, 2]), "z"]), anyScalar(random)]),
    ),
    tree: [
      Dict.of([
        ["v", 1],
        [
          "c",
          [
            Dict.of([
              ["v", 2],
              ["c", []],
            ]),
            Dict.of([
              ["v", 3],
              ["c", []],
            ]),
          ],
        ],
      ]),
      Dict.of([
        ["v", 4],
        ["c", []],
      ]),
    ],
  };
  return context;
}
