import { bootBlock, methodExample } from "./examples.mjs";

/** A deploy method that fetches files for the device: what is done with them goes after the downloads. */
export const deployFiles = ({ name, id, schema, pkg }) => ({
  "src/index.ts": `import { downloadPlan, overlayPlan, readDownload } from "@basalt/actions-common";
import { acceptIf, asObject, definePlugin, defineStrategy, hasMethod, sequence } from "@basalt/core";
import { ${schema} } from "./schema.js";

/** \`to: ${name}\`: fetch the images and make the tests' overlay. What puts them on the device goes last. */
export const ${id} = defineStrategy({
  section: "deploy",
  method: "${name}",
  compatibility: 1,
  schema: ${schema},
  accepts: ({ device }) => acceptIf(hasMethod(device, "deploy", "${name}"), "the device lists no deploy method '${name}'"),
  plan: (request) =>
    sequence(
      "${name}-deploy",
      overlayPlan(request),
      ...Object.entries(asObject(request.params.images)).map(([key, image]) =>
        downloadPlan(readDownload(key, image), { folder: \`\${request.block.index + 1}-${name}\` }, request),
      ),
    ),
});

export default definePlugin({ name: "${pkg}", strategies: [${id}] });
`,
  "src/schema.ts": `import { type JsonSchema, schema } from "@basalt/core";

const { common } = schema;

/** Keys of \`deploy: {to: ${name}}\`. */
export const ${schema}: JsonSchema = {
  title: "Deploy by ${name}",
  description: "Fetches files for the device.",
  required: ["images"],
  properties: {
    images: {
      type: "object",
      description: "Files by a name of your choice.",
      minProperties: 1,
      additionalProperties: common("extendedUrl"),
    },
  },
};
`,
  [`src/${name}.test.ts`]: `import type { JsonObject } from "@basalt/core";
import { planOf, planText, pluginContract } from "@basalt/testing";
import { expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import plugin, { ${id} } from "./index.js";

const deploy: JsonObject = { to: "${name}", images: { kernel: { url: "http://files.example/Image" } } };
const plan = (methods: JsonObject): string =>
  planText(
    planOf({
      job: { job_name: "x", timeouts: { job: { minutes: 5 } }, actions: [{ deploy }] },
      device: { hostname: "board-01", actions: { deploy: { methods } } },
      strategies: [${id}],
    }),
  );

test("fetches each image", () => {
  expect(plan({ "${name}": null })).toContain("1 ${name}-deploy");
  expect(plan({ "${name}": null })).toContain("http://files.example/Image");
});

test("a device without the method is refused in words", () => {
  expect(() => plan({})).toThrow("the device lists no deploy method '${name}'");
});

// the files are there, missing, never come, come the second time; and a job is canceled
const contract = pluginContract(plugin, {
  manifest,
  deploy: {
    device: { hostname: "board-01", actions: { deploy: { methods: { "${name}": null } } } },
    block: deploy,
    files: { "http://files.example/Image": "kernel" },
  },
});
for (const { name, skip, run } of contract) test.skipIf(skip)(\`contract: \${name}\`, run);
`,
  ...methodExample(name, {
    actions: `- deploy:
    to: ${name}
    images:
      kernel: { url: "https://example.com/Image" }
${bootBlock("minimal")}`,
    deploy: `${name}: null`,
    boot: "minimal",
  }),
  example: `- deploy:
    to: ${name}
    images:
      kernel: {url: "https://files.example/Image"}`,
});
