import { readYaml } from "@basalt/core";
import { answers, gives, json } from "../../answers.js";
import { defineRoute, type Route } from "../../route.js";
import { testDefinitionProblem } from "../../test-definition.js";
import { definitionBody, jobs } from "./jobs-resource.js";

const { tag, root } = jobs;

export const validateRoutes: readonly Route[] = [
  defineRoute({
    method: "post",
    path: `${root}validate/`,
    id: "validateJob",
    tag,
    summary: "Check a definition without submitting it. Anybody may ask.",
    body: {
      ...definitionBody,
      properties: { ...definitionBody.properties, strict: { type: "boolean", default: false } },
    },
    answers: answers({
      200: gives("Message", "`Job valid.`, or `Job invalid: ` and what is wrong; `warnings` beside it."),
    }),
    async handle({ services, asker, body }) {
      const verdict = await services.jobs.validate(asker, String(body.definition), { strict: body.strict === true });
      if (verdict.ok) return json({ message: "Job valid.", warnings: verdict.warnings });
      const { message, code } = verdict.error;
      return json({ message: `Job invalid: ${message}`, code });
    },
  }),
  defineRoute({
    method: "post",
    path: `${root}validate_testdef/`,
    id: "validateTestDefinition",
    tag,
    summary: "Check a Lava-Test test definition. Anybody may ask.",
    body: definitionBody,
    answers: answers({ 200: gives("Message", "`Test definition valid.`, or what is wrong.") }),
    async handle({ body }) {
      const problem = await testDefinitionProblem(() =>
        readYaml(String(body.definition), { file: "test definition", kind: "job" }).then(({ value }) => value),
      );
      return json({
        message: problem === undefined ? "Test definition valid." : `Test definition invalid: ${problem}`,
      });
    },
  }),
];
