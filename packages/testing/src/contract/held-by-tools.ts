import type { FakeProcessRunner } from "../fakes/fake-process-runner.js";

/** Commands that take something, and those that give it back; each names what by its last word, or by the pattern's group. */
const pairs: readonly { readonly what: string; readonly take: RegExp; readonly give: RegExp }[] = [
  { what: "mounted", take: /^mount .*?(\S+)$/, give: /^umount .*?(\S+)$/ },
  {
    what: "docker compose project",
    take: /^docker compose --project-name (\S+) .*\bup\b/,
    give: /^docker compose --project-name (\S+) .*\bdown\b/,
  },
  {
    what: "container",
    take: /^docker .*\brun .*--name=(\S+) .*--detach/,
    give: /^docker .*\brm --force (\S+)$/,
  },
];

/** What the commands that succeeded have taken of this machine and not given back: mounts, containers, compose projects. */
export function heldByTools({ succeeded }: Pick<FakeProcessRunner, "succeeded">): readonly string[] {
  const held = new Set<string>();
  for (const line of succeeded.map((argv) => argv.join(" ")))
    for (const { what, take, give } of pairs) {
      const [taken, given] = [take.exec(line)?.[1], give.exec(line)?.[1]];
      if (taken !== undefined) held.add(`${what}: ${taken}`);
      if (given !== undefined) held.delete(`${what}: ${given}`);
    }
  return [...held];
}
