import { describe, expect, it } from "vitest";
import { createEnvironment, JinjaError, lavaFilters, mapLoader } from "./index.js";
import type { Value } from "./runtime/values.js";
import { makeContext } from "./testing/generator/context.js";
import { explainDifference } from "./testing/generator/differences.js";
import { Random } from "./testing/generator/random.js";
import { Templates } from "./testing/generator/template.js";
import { askPeer, hasPeer, type PeerAnswer, type PeerOptions } from "./testing/peer.js";

const soak = process.env.BASALT_SOAK === "1";
const count = Number(process.env.BASALT_JINJA_CASES ?? (soak ? 20_000 : 2_000));
// Another seed makes other templates; the one used is in the name of the test.
const seed = Number(process.env.BASALT_SEED ?? 1);

interface Case {
  readonly seed: number;
  readonly templates: Record<string, string>;
  readonly context: Record<string, Value>;
  readonly options: PeerOptions;
}

function makeCase(caseSeed: number): Case {
  const random = new Random(caseSeed);
  const options: PeerOptions = {
    trimBlocks: random.chance(0.5),
    lstripBlocks: random.chance(0.3),
    keepTrailingNewline: random.chance(0.2),
    autoescape: random.chance(0.1),
    undefinedKind: random.chance(0.7) ? "lenient" : random.pick(["strict", "chainable", "debug"]),
  };
  return { seed: caseSeed, context: makeContext(random), templates: new Templates(random).make(), options };
}

function renderHere({ templates, context, options }: Case): PeerAnswer {
  const environment = createEnvironment({ ...options, loader: mapLoader(templates), filters: lavaFilters });
  try {
    return { text: environment.render("main", context) };
  } catch (error) {
    if (!(error instanceof JinjaError)) throw error;
    const { template, line } = error.position ?? {};
    return { error: error.pythonType, message: error.reason, template: template ?? null, line: line ?? null };
  }
}

describe.skipIf(!hasPeer())("generated templates beside python3-jinja2", () => {
  it(`give the same text or the same error on the same line (${count} from seed ${seed})`, {
    timeout: 600_000,
  }, async () => {
    const different: string[] = [];
    let texts = 0;
    for (let done = 0; done < count; done += 1000) {
      const cases = Array.from({ length: Math.min(1000, count - done) }, (_, i) =>
        makeCase(seed * 1_000_003 + done + i),
      );
      const answers = await askPeer(cases.map((made) => ({ ...made, name: "main" })));
      cases.forEach((made, i) => {
        const theirs = answers[i]!;
        if (theirs.text !== undefined) texts++;
        const difference = explainDifference(renderHere(made), theirs, made.templates);
        if (difference)
          different.push(`case ${made.seed} ${JSON.stringify(made.options)}: ${difference}\n${made.templates.main}`);
      });
    }
    if (different.length > 0)
      console.log(
        `${different.length} of ${count} differ (${texts} rendered)\n${different.slice(0, Number(process.env.BASALT_JINJA_SHOW ?? 5)).join("\n-----\n")}`,
      );
    expect(different.length).toBe(0);
    // A generator that mostly makes mistakes would prove little.
    expect(texts).toBeGreaterThan(count / 3);
  });
});
