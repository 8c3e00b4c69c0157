import { expect, test } from "vitest";
import { withOwnPrefix } from "./own-prefix.js";

test("two state folders have prefixes of their own; what a setting says counts", () => {
  const one = withOwnPrefix("/var/lib/basalt/worker/jobs/12", {});
  expect(one.prefix).toMatch(/^[0-9a-f]{6}-$/);
  expect(withOwnPrefix("/var/lib/basalt/worker/jobs/13", {})).toEqual(one);
  expect(withOwnPrefix("/tmp/lab/worker/jobs/12", {})).not.toEqual(one);
  expect(withOwnPrefix("/tmp/lab/worker/jobs/12", { prefix: "rack1-", dispatcher_ip: "10.0.0.1" })).toEqual({
    prefix: "rack1-",
    dispatcher_ip: "10.0.0.1",
  });
});
