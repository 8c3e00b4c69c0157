// docs/reference/metrics.md and events.md are written by hand: their tables are compared with the server.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { makeMetrics } from "../../packages/server/src/http/metrics.ts";
import type { Store } from "../../packages/server/src/store/store.ts";
import { tableAfter } from "./tables.mjs";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const quoted = (cell = ""): string[] => [...cell.matchAll(/`([\w.]+)`/g)].map(([, word = ""]) => word);

test("every metric has its row, with its kind and labels", () => {
  const { registry } = makeMetrics({ store: {} as Store, clock: { monotonic: () => 0 } });
  const real = registry.getMetricsAsArray().map((metric) => {
    const { name, type, labelNames } = metric as unknown as { name: string; type: string; labelNames: string[] };
    return [name, String(type), [...labelNames].sort()];
  });
  const said = tableAfter(read("docs/reference/metrics.md"), "compared with the registry")
    .slice(1)
    .map(([name, kind, labels]) => [name, kind, quoted(labels).sort()]);
  expect(new Map(said.map((row) => [row[0], row]))).toEqual(new Map(real.map((row) => [row[0], row])));
});

test("topics and data of events", () => {
  const source = ["event-data", "event-stream"]
    .map((name) => read(`packages/server/src/http/live/${name}.ts`))
    .join("\n");
  const root = /topicRoot = "([\w.]+)"/.exec(source)?.[1];
  const rows = tableAfter(read("docs/reference/events.md"), "compared with the event stream").slice(1);
  const topics = [...source.matchAll(/readonly topic: "(\w+)"/g)].map(([, topic]) => `${root}.${topic}`);
  expect(rows.map(([topic]) => quoted(topic)[0])).toEqual(topics);
  const jobKeys = /function jobData[\s\S]*?\n}/.exec(source)?.[0] ?? "";
  const keys = [...jobKeys.matchAll(/^ {4}(\w+): \w+\./gm)].map(([, key]) => key);
  expect(quoted(rows[0]?.[2]).sort()).toEqual(keys.sort());
});
