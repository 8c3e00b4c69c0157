import { bootBlock, methodExample } from "./examples.mjs";

/** A kind of test of its own: LAVA's jobs know five kinds by their keys, so it takes over blocks of one of them that have a key of its own. */
export const testFiles = ({ name, id, schema, pkg }) => ({
  "src/index.ts": `import { promptPatterns, SessionSlot, sendLine } from "@basalt/actions-common";
import { acceptIf, asObject, asText, defineAction, definePlugin, defineStrategy, hasKey, inNamespace } from "@basalt/core";
import { ${schema} } from "./schema.js";

/** A test block with \`${name}\`, beside \`definitions\` (jobs know the kinds of test by their keys): types a command and waits for its answer. */
export const ${id} = defineStrategy({
  section: "test",
  method: "definitions",
  compatibility: 1,
  // before the test shell, which would take the block too
  priority: 10,
  schema: ${schema},
  accepts: ({ block }) => acceptIf(hasKey(block.params, "${name}"), "the block has no '${name}'"),
  traits: () => ({ needsOverlay: false, needsDeploymentData: false, hasShell: false }),
  plan({ block, params }) {
    const { command, answer } = asObject(params["${name}"]);
    const action = defineAction({
      name: "${name}-test",
      summary: "type a command and wait for its answer",
      reads: { session: inNamespace(SessionSlot, block.connectionNamespace) },
      blameOnTimeout: "test",
      async run({ session }, ctx) {
        await sendLine(session, asText(command) ?? "", ctx);
        await session.console.expect(promptPatterns([asText(answer) ?? ""]), { signal: ctx.signal });
        ctx.report({ definition: "lava", case: "${name}", result: "pass" });
      },
    });
    return action;
  },
});

export default definePlugin({ name: "${pkg}", strategies: [${id}] });
`,
  "src/schema.ts": `import { type JsonSchema, schema } from "@basalt/core";

const { text } = schema;

/** Keys of a \`test\` block with \`${name}\`. */
export const ${schema}: JsonSchema = {
  title: "Test by ${name}",
  description: "Types a command into the device and waits for its answer.",
  properties: {
    "${name}": {
      type: "object",
      description: "What is typed, and what must come back.",
      required: ["command", "answer"],
      properties: { command: text("The line that is typed."), answer: text("What the device must say.") },
    },
  },
};
`,
  [`src/${name}.test.ts`]: `import { SessionSlot } from "@basalt/actions-common";
import type { JsonObject } from "@basalt/core";
import { planOf, planText, pluginContract, ScriptedBoard, sessionScenes } from "@basalt/testing";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { ${id} } from "./index.js";

const plan = (block: JsonObject): string =>
  planText(
    planOf({
      job: { job_name: "x", timeouts: { job: { minutes: 5 } }, actions: [{ test: { definitions: [], ...block } }] },
      device: { hostname: "board-01" },
      strategies: [${id}],
    }),
  );

test("its blocks are planned", () => {
  expect(plan({ "${name}": { command: "uname", answer: "Linux" } })).toContain("1 ${name}-test");
});

test("other test blocks are not its own", () => {
  expect(() => plan({})).toThrow("the block has no '${name}'");
});

// a device that answers, falls silent, loses its console; and a job is canceled
const contract = pluginContract(plugin, {
  manifest,
  test: {
    device: { hostname: "board-01" },
    block: { definitions: [], "${name}": { command: "uname", answer: "Linux" } },
    scenes: sessionScenes(
      {
        works: () => new ScriptedBoard([{ hear: "uname\\n" }, { say: "Linux\\r\\n# " }]),
        silent: () => new ScriptedBoard([]),
        drops: () => new ScriptedBoard([{ hear: "uname\\n" }, "unplug"]),
        hangsOnce: "the plan does not try it again",
      },
      (console) => [[SessionSlot, { console, prompts: ["# "], lineSeparator: "\\n" }]],
    ),
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(\`contract: \${name}\`, run);
`,
  ...methodExample(name, {
    actions: `${bootBlock("minimal")}- test:
    definitions: []
    ${name}: { command: uname, answer: Linux }
`,
    boot: "minimal",
  }),
  example: `- test:
    definitions: []
    ${name}: {command: uname, answer: Linux}`,
});
