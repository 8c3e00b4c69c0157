import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const own = fileURLToPath(new URL("../..", import.meta.url));

/** The command as users run it, and the fake board's plugin, built from their sources. Disposing removes both. */
export interface BuiltCommand extends Disposable {
  /** `bin/basalt.js`, for Node. */
  readonly script: string;
  /** Folder of the fake board's plugin. */
  readonly plugin: string;
}

/** Builds beside dist, where native packages are found. */
export async function buildCommand(): Promise<BuiltCommand> {
  mkdirSync(join(own, "dist"), { recursive: true });
  const built = mkdtempSync(join(own, "dist", "test-"));
  const conditions = ["@basalt/source"];
  // the bundle that users run, but of the sources
  const { bundle } = (await import(pathToFileURL(join(own, "bundle.mjs")).href)) as {
    bundle(options: { from: string; outdir: string; conditions: string[] }): Promise<unknown>;
  };
  await bundle({ from: join(own, "src"), outdir: join(built, "dist"), conditions });
  await build({
    entryPoints: [join(own, "fixtures/fake-board/index.js")],
    outdir: join(built, "plugin"),
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions,
  });
  cpSync(join(own, "fixtures/fake-board/package.json"), join(built, "plugin/package.json"));
  cpSync(join(own, "bin"), join(built, "bin"), { recursive: true });
  return {
    script: join(built, "bin/basalt.js"),
    plugin: join(built, "plugin"),
    [Symbol.dispose]: () => rmSync(built, { recursive: true, force: true }),
  };
}
