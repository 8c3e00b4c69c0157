import { expect, test } from "vitest";
import { addressAtCache, readHttpCache } from "./http-cache.js";

test.each([
  [{}, true],
  [{ http_cache_include_rules: ["http://f.*"] }, true],
  [{ http_cache_include_rules: ["files", "https://.*"] }, false],
  [{ http_cache_exclude_rules: ["https?://files\\."] }, false],
  [{ http_cache_exclude_rules: ["http://other"] }, true],
  [{ http_cache_include_rules: ["http://f"], http_cache_exclude_rules: [".*\\.invalid/"] }, false],
])("rules %j: the cache is asked: %s", (rules, cached) => {
  const cache = readHttpCache({ http_url_format_string: "http://cache/?url=%s", ...rules });
  expect(cache && addressAtCache(cache, "http://files.invalid/x") !== undefined).toBe(cached);
});

test("a rule that is no pattern is the lab's mistake, and named", () => {
  const config = { http_url_format_string: "http://cache/%s", http_cache_include_rules: ["(http"] };
  expect(() => readHttpCache(config)).toThrow(/http_cache_include_rules: '\(http' is no pattern/);
});
