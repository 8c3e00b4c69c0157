// `npm run api`: compares core's public surface with etc/core.api.md; with --update it writes the file anew.
// Reads packages/core/dist/*.d.ts, so build first.
import { existsSync } from "node:fs";
import { copyFile, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Extractor, ExtractorConfig } from "@microsoft/api-extractor";

const root = fileURLToPath(new URL("..", import.meta.url));
const core = join(root, "packages", "core");
const report = join(root, "etc", "core.api.md");
const fresh = join(root, ".cache", "api");

/** The compiler that api-extractor brings along reads declarations only; tsc has checked the sources. */
const compilerOptions = {
  target: "es2022",
  lib: ["es2023", "esnext.disposable"],
  module: "nodenext",
  moduleResolution: "nodenext",
  types: ["node"],
  strict: true,
  skipLibCheck: true,
};

function prepare() {
  const silent = { default: { logLevel: "none" } };
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(core, "package.json"),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: core,
      mainEntryPointFilePath: join(core, "dist", "index.d.ts"),
      compiler: { overrideTsconfig: { compilerOptions, include: ["dist/index.d.ts"] } },
      apiReport: {
        enabled: true,
        reportFileName: "core.api.md",
        reportFolder: join(root, "etc"),
        reportTempFolder: fresh,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        compilerMessageReporting: { default: { logLevel: "warning" } },
        extractorMessageReporting: silent,
        tsdocMessageReporting: silent,
      },
    },
  });
}

if (!existsSync(join(core, "dist", "index.d.ts"))) {
  console.error("packages/core is not built: run `npm run build` first");
  process.exit(1);
}
await mkdir(join(root, "etc"), { recursive: true });
const result = Extractor.invoke(prepare(), {
  localBuild: false,
  messageCallback(message) {
    message.handled = message.logLevel !== "error" && message.logLevel !== "warning";
    // The change of the report itself is told below, with what to do.
    if (message.messageId.startsWith("console-api-report")) message.handled = true;
  },
});
const same = !result.apiReportChanged && existsSync(report);
if (process.argv.includes("--update")) {
  await copyFile(join(fresh, "core.api.md"), report);
  console.log(same ? "etc/core.api.md is as it was" : "etc/core.api.md written");
} else if (same && result.errorCount === 0) {
  console.log("etc/core.api.md tells core's public surface");
} else {
  if (!same) {
    console.error("core's public surface is not what etc/core.api.md says. Look at the difference:");
    console.error("  git diff --no-index etc/core.api.md .cache/api/core.api.md");
    console.error("and if it is meant, run `npm run api -- --update` and commit the file with the code.");
  }
  process.exitCode = 1;
}
