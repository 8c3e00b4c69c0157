import { stat } from "node:fs/promises";
import { join } from "node:path";
import { ownTemplatesFolder } from "@basalt/device-types";
import { keyText, type LabText } from "./layout.js";
import { readTextFile } from "./read-folder.js";

const references = /\{%[-+]?\s*(?:extends|include|import|from)\s+(["'])(.+?)\.jinja2\1/g;

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/**
 * Templates that the texts need and nobody has, from other folders: a lab of LAVA builds on the types of its package
 * (`/usr/share/lava-server/device-types`). They are taken along with all that they need themselves.
 */
export async function moreTemplates(
  texts: Iterable<LabText>,
  folders: readonly string[],
  has: (template: string) => boolean,
): Promise<readonly LabText[]> {
  const found = new Map<string, LabText>();
  const queue = [...texts];
  for (let next = queue.shift(); next; next = queue.shift()) {
    if (next.kind !== "device" && next.kind !== "devicetype") continue;
    for (const [, , name = ""] of next.text.matchAll(references)) {
      if (has(name) || found.has(name) || (await exists(join(ownTemplatesFolder(), `${name}.jinja2`)))) continue;
      for (const folder of folders) {
        const file = join(folder, `${name}.jinja2`);
        const text = await readTextFile(file);
        if (text === undefined) continue;
        const template: LabText = { kind: "devicetype", name, text, file };
        found.set(name, template);
        queue.push(template);
        break;
      }
    }
  }
  return [...found.values()].sort((a, b) => (keyText(a) < keyText(b) ? -1 : 1));
}
