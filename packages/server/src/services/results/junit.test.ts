import { expect, test } from "vitest";
import type { CaseView } from "../types.js";
import { toJunit } from "./junit.js";

const item = (name: string, duration: number): CaseView => ({
  id: 1,
  suite_id: 1,
  suite: "s",
  set: null,
  name,
  result: "pass",
  measurement: null,
  units: "",
  metadata: `duration: '${duration}'`,
  start_log_line: null,
  end_log_line: null,
  log_line: null,
  logged: new Date(0),
});

test("times are decimal fractions as people write them, also in sums", async () => {
  const xml = await toJunit([item("a", 0.1), item("b", 0.2), item("c", 0.67)], {
    classnamePrefix: "",
    excerpt: async () => "",
  });
  expect([...xml.matchAll(/ time="([^"]*)"/g)].map(([, time]) => time)).toEqual(["0.97", "0.97", "0.1", "0.2", "0.67"]);
});
