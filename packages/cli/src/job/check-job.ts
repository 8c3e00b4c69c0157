import type { Plugin, YamlDocument } from "@basalt/core";
export async function checkJob(
  document: YamlDocument,
  plugins: readonly Plugin[],
  { strict }: { strict: boolean },
): Promise<{ definition: unknown; warnings: string[] }> {
  void plugins;
  void strict;
  return { definition: document.value, warnings: [] };
}
