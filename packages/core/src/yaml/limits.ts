/** How much of a document is read before it is refused. Guards against alias bombs and documents meant to stall us. */
export interface YamlLimits {
  /** Length of the text in characters. */
  readonly maxLength: number;
  /** Depth of nested lists and mappings, aliases followed. */
  readonly maxDepth: number;
  /** Values that exist only because an alias or a merge key repeats them. */
  readonly maxAliasNodes: number;
}

/** Limits for what people write: jobs, devices, test definitions. */
export const documentLimits: YamlLimits = { maxLength: 1_048_576, maxDepth: 100, maxAliasNodes: 10_000 };

/** Limits for what machines write: rendered devices, logs. */
export const bulkLimits: YamlLimits = { maxLength: 134_217_728, maxDepth: 100, maxAliasNodes: 100_000 };
