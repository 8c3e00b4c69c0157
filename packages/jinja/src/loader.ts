/** A template's text, and where it came from for messages. */
export interface TemplateSource {
  readonly src: string;
  /** A path or URL; the template's name when left out. */
  readonly path?: string;
}

/** Finds templates by name; the contract of nunjucks' loaders, synchronous. Asked again for every render. */
export interface Loader {
  getSource(name: string): TemplateSource | null;
}

/** Templates held in memory, by name. */
export function mapLoader(templates: ReadonlyMap<string, string> | Readonly<Record<string, string>>): Loader {
  const map = templates instanceof Map ? templates : new Map(Object.entries(templates));
  return {
    getSource(name) {
      const src = map.get(name);
      return src === undefined ? null : { src, path: name };
    },
  };
}

/** The first of several loaders that has a template (Jinja2's `ChoiceLoader`). */
export function choiceLoader(loaders: readonly Loader[]): Loader {
  return {
    getSource(name) {
      for (const loader of loaders) {
        const found = loader.getSource(name);
        if (found) return found;
      }
      return null;
    },
  };
}
