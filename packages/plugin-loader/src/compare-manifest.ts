import type { Plugin } from "@basalt/core";
import { type ContributionKind, type Contributions, contributionKinds, type PluginManifest } from "./manifest.js";

/** What a plugin's code contributes, by kind. */
export function contributionsOf(plugin: Plugin): Contributions {
  const named = (list: readonly { readonly name: string }[] = []): readonly string[] => list.map(({ name }) => name);
  const methods = (kind: ContributionKind): readonly string[] =>
    (plugin.strategies ?? []).filter(({ section }) => section === kind).flatMap((strategy) => strategy.methods);
  return {
    deploy: methods("deploy"),
    boot: methods("boot"),
    test: methods("test"),
    command: methods("command"),
    power: named(plugin.power),
    connections: named(plugin.connections),
    protocols: named(plugin.protocols),
  };
}

/** Where a manifest and the code behind it disagree, one sentence each; empty where they agree. */
export function compareManifest(manifest: PluginManifest, plugin: Plugin): readonly string[] {
  const exported = contributionsOf(plugin);
  const differences = contributionKinds.flatMap((kind) => {
    const [promised, given] = [new Set(manifest.contributes[kind]), new Set(exported[kind])];
    const missing = [...promised].filter((name) => !given.has(name));
    const hidden = [...given].filter((name) => !promised.has(name));
    return [
      ...missing.map((name) => `its manifest lists ${kind} '${name}', which its code does not export`),
      ...hidden.map((name) => `its code exports ${kind} '${name}', which its manifest does not list`),
    ];
  });
  if (plugin.name !== manifest.name) differences.push(`its code calls itself '${plugin.name}'`);
  return differences;
}
