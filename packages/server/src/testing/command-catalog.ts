import { defineAction, definePlugin, defineStrategy } from "@basalt/core";
import type { PluginCatalog } from "@basalt/plugin-loader";

/** A catalog with one plugin: `command` blocks that do nothing, of this compatibility. */
export function commandCatalog(compatibility: number): PluginCatalog {
  const plugin = definePlugin({
    name: "@basalt/test-command",
    strategies: [
      defineStrategy({
        section: "command",
        method: "command",
        compatibility,
        schema: { required: ["name"], properties: { name: { type: "string" } } },
        plan: () =>
          defineAction({
            name: "user-command",
            summary: "does nothing",
            reads: {},
            needs: {},
            writes: {},
            run: async () => {},
          }),
      }),
    ],
  });
  return { manifests: [], load: async () => [plugin], loadAllForJobs: async () => [plugin] };
}
