import type { CompiledTemplate } from "./compile/template.js";

// LAVA ships some 500 templates and a lab adds a few hundred devices.
const maxSources = 2048;

/** Compiled templates by content: the same text under the same name is compiled once, a changed one anew. */
export class TemplateCache {
  readonly #sources = new Map<string, Map<string, CompiledTemplate>>();

  get(source: string, name: string, compile: () => CompiledTemplate): CompiledTemplate {
    let byName = this.#sources.get(source);
    const known = byName?.get(name);
    if (known) return known;
    const compiled = compile();
    if (!byName) {
      byName = new Map();
      this.#sources.set(source, byName);
      this.#forgetOldest();
    }
    byName.set(name, compiled);
    return compiled;
  }

  #forgetOldest(): void {
    if (this.#sources.size <= maxSources) return;
    for (const oldest of this.#sources.keys()) {
      this.#sources.delete(oldest);
      return;
    }
  }
}
