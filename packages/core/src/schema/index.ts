export { type AssembleOptions, assembleJobSchema } from "./assemble-job-schema.js";
export { commonSchema } from "./common-schema.js";
export { contextVariables } from "./context-variables.js";
export { contributionsOf, type SchemaContribution } from "./contribution.js";
export { deviceSchema } from "./device-schema.js";
export { inlineRefs } from "./inline-refs.js";
export { jobSkeleton } from "./job-skeleton.js";
export type { JsonSchema } from "./json-schema.js";
/** Words to write schemas with: `schema.text("...")`, `schema.common("url")`. */
export * as schema from "./json-schema.js";
export {
  deviceProblemsToError,
  formatProblems,
  type Problem,
  type ProblemCode,
  problemsToError,
  type ValidationResult,
} from "./problem.js";
export { type SchemaMarkdownOptions, schemaTable, schemaToMarkdown } from "./schema-to-markdown.js";
export { validateDevice } from "./validate-device.js";
export { type CheckedDocument, type ValidateJobOptions, validateJob } from "./validate-job.js";
