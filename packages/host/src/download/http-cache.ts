import { asText, asTexts, compilePattern, configurationError, type JsonObject, type Pattern } from "@basalt/core";

/** A caching service of the lab that fetches for its workers (LAVA's documentation, "HTTP cache"). */
export interface HttpCache {
  /** `http_url_format_string`: `%s` becomes the quoted address. */
  readonly format: string;
  /** `http_cache_include_rules`: only addresses that begin like one of them are asked of the cache; all where there is none. */
  readonly include: readonly Pattern[];
  /** `http_cache_exclude_rules`: addresses that begin like one of them never are. */
  readonly exclude: readonly Pattern[];
  /** `http_cache_fallback_origin_url`: what the cache can't give is fetched from where the job says. */
  readonly fallsBack: boolean;
}

function rules(config: JsonObject, key: string): readonly Pattern[] {
  return asTexts(config[key]).map((rule) => {
    try {
      return compilePattern(`^(?:${rule})`);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw configurationError("ERR_CONFIG_INVALID", `dispatcher.yaml: ${key}: '${rule}' is no pattern: ${why}`, {
        cause,
      });
    }
  });
}

/** What dispatcher.yaml says of a cache; undefined where it names none. @throws ERR_CONFIG_INVALID (configuration) */
export function readHttpCache(config: JsonObject): HttpCache | undefined {
  const format = asText(config.http_url_format_string);
  if (!format) return undefined;
  return {
    format,
    include: rules(config, "http_cache_include_rules"),
    exclude: rules(config, "http_cache_exclude_rules"),
    fallsBack: config.http_cache_fallback_origin_url === true,
  };
}

/** The address to ask the cache for another one; undefined where its rules leave that to the network. */
export function addressAtCache({ format, include, exclude }: HttpCache, url: string): string | undefined {
  const matches = (pattern: Pattern): boolean => pattern.search(url) !== undefined;
  const wanted = (include.length === 0 || include.some(matches)) && !exclude.some(matches);
  return wanted ? format.replace("%s", encodeURIComponent(url)) : undefined;
}
