// `npm run arrows`: which package imports which, checked against .dependency-cruiser.cjs.
import { findViolations } from "./arrows/cruise.mjs";

const { files, violations } = await findViolations();
for (const { rule, from, to } of violations) console.error(`${rule}: ${from} -> ${to}`);
if (files === 0)
  console.error("no TypeScript file was read: dependency-cruiser found no TypeScript compiler it can use");
console.log(`${files} files, ${violations.length} against the arrows`);
process.exitCode = violations.length > 0 || files === 0 ? 1 : 0;
