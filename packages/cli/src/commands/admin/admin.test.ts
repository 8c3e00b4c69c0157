import { afterAll, expect, it } from "vitest";
import { testStore } from "../../../../server/src/testing/test-store.js";
import { openAdminBench } from "../../testing/admin.js";

it("x", async () => {
  await using store = await testStore();
  using bench = openAdminBench({ url: store.secretUrl });
  for (const argv of [
    ["--help"],
    ["workers", "--help"],
    ["devices", "update", "--help"],
    ["workers", "add", "rack-1"],
    ["workers", "list"],
    ["workers", "show", "rak-1"],
    ["init"],
    ["users", "list"],
    ["check", "--all"],
    ["check"],
  ]) {
    const r = await bench.admin(...argv);
    console.log(argv.join(" "), r.status, "\n" + r.out, r.err);
  }
});
