import { defineConfig } from "vitest/config";

// Packages resolve to their TypeScript sources, so tests never run against a stale build.
const conditions = ["@basalt/source"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    include: ["packages/*/src/**/*.test.ts", "examples/**/*.test.ts", "tools/**/*.test.ts"],
    typecheck: { enabled: false },
    testTimeout: 20_000,
    // set-up builds commands and starts databases: on a busy machine that takes its time
    hookTimeout: 120_000,
    // processes, not threads: native modules (serialport, ptys, zeromq) use the main event loop
    pool: "forks",
  },
});
