import type { Clock } from "@basalt/core";
import { systemClock } from "@basalt/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { channels } from "../jobs/channels.js";
import { makeJobLife } from "../jobs/job-life.js";
import type { Person } from "../people/rights.js";
import { commandCatalog } from "../testing/command-catalog.js";
import { type TestServices, testServices } from "../testing/test-services.js";
import { forgetPeople } from "./forget-people.js";
import { makeServices } from "./make-services.js";
import type { Services } from "./types.js";

/** Time stands still: nothing that is remembered ever runs out by itself. */
const still: Clock = { ...systemClock, now: () => 1_790_000_000_000, monotonic: () => 0 };
let lab: TestServices;
let other: Services;
let root: Person;
let told: () => void = () => {};
beforeAll(async () => {
  lab = await testServices({ clock: still });
  const { store, configs, logs, log } = lab;
  root = await lab.person("root", { superuser: true });
  const parts = {
    store,
    configs,
    catalog: commandCatalog(1),
    logs,
    life: makeJobLife(store, still),
    clock: still,
    log,
  };
  other = makeServices({ ...parts, options: {} });
  await forgetPeople(store, () => lab.services.people.forget());
  // listens after it, so it is told after it
  await store.listen(channels.people, () => told());
}, 60_000);
afterAll(() => lab[Symbol.asyncDispose]());

/** What another process does, and until the server is told. */
async function elsewhere(change: () => Promise<unknown>): Promise<void> {
  const told_ = new Promise<void>((resolve) => {
    told = resolve;
  });
  await change();
  await told_;
}

test("rights that another process gives and takes count at once", async () => {
  const { services } = lab;
  const ann = await lab.person("ann");
  const seen = () => services.devices.list(ann, {}).then(({ count }) => count);
  await other.people.addGroup(root, "team");
  expect(await seen()).toBe(1);
  await elsewhere(() => other.people.grant(root, { kind: "device", object: "d1", group: "team", codename: "view" }));
  expect(await seen()).toBe(0);
  const [right] = await other.people.permissions(root, "device", "d1");
  await elsewhere(() => other.people.revoke(root, right?.id ?? 0));
  expect(await seen()).toBe(1);
});

test("who a token is of, in which groups, and whether it still counts, too", async () => {
  const { services } = lab;
  const bob = await lab.person("bob");
  const { token, id } = await services.people.addToken(bob, { description: "t" });
  const known = () => services.people.byToken(token);
  expect((await known())?.groups.size).toBe(0);
  await elsewhere(() => other.people.updateGroup(root, "team", { users: ["bob"] }));
  expect((await known())?.groups.size).toBe(1);
  await elsewhere(() => other.people.updateUser(root, "bob", { is_active: false }));
  expect(await known()).toBeUndefined();
  await elsewhere(() => other.people.updateUser(root, "bob", { is_active: true }));
  expect((await known())?.username).toBe("bob");
  await elsewhere(() => other.people.removeToken(root, id));
  expect(await known()).toBeUndefined();
});
