import { testStore } from "@basalt/server/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openAdminBench } from "../../testing/admin.js";

// the first command loads the whole server
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const store = await testStore();
const bench = openAdminBench({ url: store.secretUrl });
afterAll(async () => {
  bench[Symbol.dispose]();
  await store.close();
});
const { admin } = bench;

/** Runs a command that must work. @returns what it printed */
async function done(...argv: string[]): Promise<string> {
  const { status, out, err } = await admin(...argv);
  expect({ argv, status, err }).toEqual({ argv, status: 0, err: "" });
  return out;
}

const qemu = '{% extends "qemu.jinja2" %}\n{% set memory = 1024 %}\n';

beforeAll(async () => {
  await done("workers", "add", "rack-1");
  await done("device-types", "add", "qemu");
  await done("devices", "add", "q1", "--device-type", "qemu", "--worker", "rack-1");
});

describe("devices, types and workers", () => {
  it("have texts: broken ones are refused with their line, others become revisions", async () => {
    bench.write("q1.jinja2", qemu);
    bench.write("bad.jinja2", `${qemu}{% if %}\n`);
    bench.write("template.jinja2", '{% extends "nothing.jinja2" %}');
    expect(await admin("devices", "dictionary", "q1")).toMatchObject({ status: 2 });
    expect((await admin("devices", "dictionary", "q1", "bad.jinja2")).err).toContain("bad.jinja2:3: ");
    await done("devices", "dictionary", "q1", "q1.jinja2", "--reason", "first");
    expect(await done("devices", "dictionary", "q1")).toBe(qemu);
    expect(await done("devices", "dictionary", "q1", "--render", "--context", "arch=arm64")).toContain(
      "qemu-system-aarch64",
    );
    expect(await store.knex("documents").first("revision", "author", "reason")).toEqual({
      revision: 1,
      author: "alice (basalt admin)",
      reason: "first",
    });
    expect(await done("device-types", "template", "qemu")).toContain("{%");
    const check =
      "job_name: check\ndevice_type: qemu\ntimeouts: {job: {minutes: 5}}\nvisibility: public\nactions: [{command: {name: beep}}]\n";
    bench.write("check.yaml", check);
    await done("device-types", "health-check", "qemu", "check.yaml");
    expect(await done("device-types", "health-check", "qemu")).toContain("job_name: check");
    bench.write("typo.yaml", check.replace("job_name", "jb_name"));
    expect((await admin("device-types", "health-check", "qemu", "typo.yaml")).err).toContain("typo.yaml:1:1");
    bench.write("worse.yaml", "a: [\n");
    expect((await admin("device-types", "health-check", "qemu", "worse.yaml")).err).toContain(
      "worse.yaml:2:1: cannot be read as YAML",
    );
  });

  it("have texts whose revisions can be looked at and brought back, also one that was taken away", async () => {
    const dictionary = (...argv: string[]) => done("devices", "dictionary", "q1", ...argv);
    bench.write("second.jinja2", `${qemu}{# two #}\n`);
    bench.write("empty", "");
    await dictionary("second.jinja2", "--reason", "tried");
    expect((await admin("devices", "dictionary", "q1", "empty")).err).toMatch(
      /this would take the dictionary of q1 away .*say --yes/,
    );
    expect(await dictionary("empty", "--yes")).toBe("the dictionary of q1 is taken away\n");
    expect(await dictionary("--revisions")).toMatch(
      /^revision .*\n3 \(now\) .*alice.* taken away *\n2 .* tried *\n1 .* first *\n$/,
    );
    expect(await dictionary("--revision", "2")).toBe(`${qemu}{# two #}\n`);
    expect(await dictionary("--restore", "1")).toBe("the dictionary of q1 is as in revision 1 now\n");
    expect(await dictionary()).toBe(qemu);
    expect(await done("devices", "history", "q1")).toContain("dictionary: revision 4 (revision 1 again)");
    const wrong = async (...argv: string[]) => (await admin("devices", "dictionary", "q1", ...argv)).err;
    expect(await wrong("--restore", "3")).toContain("revision 3 took the dictionary of q1 away: an earlier one has it");
    expect(await wrong("--revision", "9")).toContain("the dictionary of q1 has no revision 9: they go from 1 to 4");
    expect(await wrong("q1.jinja2", "--restore", "1")).toContain("with a file there is nothing to restore");
    expect((await admin("device-types", "health-check", "qemu", "empty")).err).toContain("say --yes");
    await done("device-types", "health-check", "qemu", "empty", "--yes");
    await done("device-types", "health-check", "qemu", "--restore", "1");
    expect(await done("device-types", "health-check", "qemu")).toContain("job_name: check");
  });

  it("of workers, too: what LAVA's clients call config, env and env-dut", async () => {
    for (const which of ["config", "env", "env-dut"]) {
      bench.write("worker.yaml", "dispatcher_ip: 10.0.0.1\n");
      expect((await admin("workers", which, "rack-1")).err).toContain("of its own: write one with");
      await done("workers", which, "rack-1", "worker.yaml", "--reason", "new net");
      bench.write("worker.yaml", "dispatcher_ip: 10.0.0.2\n");
      await done("workers", which, "rack-1", "worker.yaml");
      expect(await done("workers", which, "rack-1")).toBe("dispatcher_ip: 10.0.0.2\n");
      await done("workers", which, "rack-1", "--restore", "1");
      expect(await done("workers", which, "rack-1")).toBe("dispatcher_ip: 10.0.0.1\n");
    }
    expect(
      await store.knex("documents").where({ name: "rack-1", current: true }).orderBy("kind").pluck("kind"),
    ).toEqual(["dispatcher", "env", "env-dut"]);
    bench.write("worker.yaml", "a: [\n");
    expect((await admin("workers", "env", "rack-1", "worker.yaml")).err).toContain("worker.yaml:2:1");
    expect((await admin("workers", "env", "rck-1", "worker.yaml")).err).toContain("did you mean 'rack-1'?");
  });
});
