// A change of a job predicts the change of its plan: what no list of expected plans could be learned by heart for.

import bootMinimal from "@basalt/actions-boot-minimal";
import bootQemu from "@basalt/actions-boot-qemu";
import command from "@basalt/actions-command";
import deployImages from "@basalt/actions-deploy-images";
import testShell from "@basalt/actions-test-shell";
import { buildPipeline, describePipeline, type JsonObject, type NodeDescription, toDevice, toJob } from "@basalt/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const strategies = [deployImages, bootMinimal, bootQemu, testShell, command].flatMap(
  (plugin) => plugin.strategies ?? [],
);

const device = toDevice({
  hostname: "machine-1",
  devicetype: "machine",
  constants: { "kernel-start-message": "Linux version", failure_retry: 1 },
  parameters: {},
  commands: { users: { light: { do: "/bin/true" } } },
  actions: {
    deploy: { connections: { serial: null }, methods: { image: { parameters: { guest: { size: 16 } } } } },
    boot: { connections: { serial: null }, methods: { qemu: { parameters: { command: "qemu", options: [] } } } },
  },
  timeouts: { actions: { "boot-image-retry": { seconds: 77 }, "http-download": { seconds: 44 } }, connections: {} },
});

const definition = (name: string): JsonObject => ({
  from: "inline",
  name,
  path: `${name}.yaml`,
  repository: { metadata: { format: "Lava-Test Test Definition 1.0", name }, run: { steps: ["true"] } },
});

interface Blocks {
  deploy: JsonObject;
  boot: JsonObject;
  test: JsonObject;
}

const blocks = (): Blocks => ({
  deploy: {
    to: "tmpfs",
    os: "oe",
    images: {
      kernel: { url: "http://files.example/kernel", image_arg: "-kernel {kernel}" },
      disk: { url: "http://files.example/disk.img.xz", compression: "xz", image_arg: "-hda {disk}" },
    },
  },
  boot: { method: "qemu", media: "tmpfs", prompts: ["# "], auto_login: { login_prompt: "login:", username: "root" } },
  test: { definitions: [definition("one"), definition("two")] },
});

const job = (change: (parts: Blocks) => JsonObject | undefined = () => undefined): JsonObject => {
  const parts = blocks();
  const more = change(parts) ?? {};
  return {
    job_name: "metamorphic",
    device_type: "machine",
    visibility: "public",
    context: { arch: "amd64" },
    timeouts: { job: { hours: 2 }, action: { seconds: 600 }, connection: { seconds: 20 } },
    actions: [{ deploy: parts.deploy }, { boot: parts.boot }, { test: parts.test }],
    ...more,
  };
};

const planOf = (definition: JsonObject): readonly NodeDescription[] =>
  describePipeline(buildPipeline(toJob(definition), device, strategies));

/** The same tree with each node changed; a node's parent comes as it was changed. */
type Change = (node: NodeDescription, parent: NodeDescription | undefined) => NodeDescription;
function mapTree(
  nodes: readonly NodeDescription[],
  change: Change,
  parent?: NodeDescription,
): readonly NodeDescription[] {
  return nodes.map((node) => {
    const changed = change(node, parent);
    return node.pipeline ? { ...changed, pipeline: mapTree(node.pipeline, change, changed) } : changed;
  });
}

const inBlock = (node: NodeDescription, block: number): boolean => node.level.split(".")[0] === String(block);
const namesOf = (nodes: readonly NodeDescription[]): string[] =>
  nodes.flatMap((node) => [node.name, ...namesOf(node.pipeline ?? [])]);

const base = planOf(job());

/** Nodes that try again, by the reference's class of the same name (lava-dispatcher.md 3.5, 7). */
const retries = ["download-retry", "boot-image-retry", "boot-qemu-image", "auto-login-action", "lava-test-retry"];

describe("names and addresses", () => {
  test("an image's name is nowhere in the plan", () => {
    const renamed = job((parts) => {
      const { disk, kernel } = parts.deploy.images as JsonObject;
      parts.deploy.images = { "boot-file": kernel ?? null, rootfs: disk ?? null };
    });
    expect(planOf(renamed)).toEqual(base);
  });

  test("an image's address is that of its download and of nothing else", () => {
    fc.assert(
      fc.property(fc.webPath({ size: "small" }), (path) => {
        const url = `http://elsewhere.example/x${path}`;
        const changed = job((parts) => {
          (parts.deploy.images as Record<string, JsonObject>).kernel = { url, image_arg: "-kernel {kernel}" };
        });
        const expected = mapTree(base, (node) =>
          node.url === "http://files.example/kernel" ? { ...node, url } : node,
        );
        expect(planOf(changed)).toEqual(expected);
        expect(namesOf(expected).filter((name) => name === "http-download")).toHaveLength(2);
      }),
    );
  });

  test("a third image adds one download after the others and before the drive", () => {
    const more = planOf(
      job((parts) => {
        (parts.deploy.images as Record<string, JsonObject>).extra = { url: "file:///extra", image_arg: "-hdb {extra}" };
      }),
    );
    const names = (more[0]?.pipeline ?? []).map(({ name }) => name);
    expect(names).toEqual((base[0]?.pipeline ?? []).map(({ name }) => name).toSpliced(-1, 0, "download-retry"));
    expect(namesOf(more)).toContain("file-download");
  });
});

describe("time", () => {
  const seconds = fc.integer({ min: 1, max: 5000 });

  test("a block's timeout holds for all of its block, over job and device, and for no other", () => {
    fc.assert(
      fc.property(seconds, (limit) => {
        const changed = job((parts) => {
          parts.boot.timeout = { seconds: limit };
        });
        const expected = mapTree(base, (node) => (inBlock(node, 2) ? { ...node, timeout: limit } : node));
        expect(planOf(changed)).toEqual(expected);
      }),
    );
  });

  test("a timeout by name in the job is stronger than the block's, and in the block stronger than both", () => {
    fc.assert(
      fc.property(seconds, seconds, seconds, (block, named, strongest) => {
        const timeouts = {
          job: { hours: 2 },
          action: { seconds: 600 },
          actions: { "execute-qemu": { seconds: named } },
        };
        const inJob = planOf(
          job((parts) => {
            parts.boot.timeout = { seconds: block };
            return { timeouts };
          }),
        );
        const inBoth = planOf(
          job((parts) => {
            parts.boot.timeout = { seconds: block };
            parts.boot.timeouts = { "execute-qemu": { seconds: strongest } };
            return { timeouts };
          }),
        );
        const withName = (limit: number): readonly NodeDescription[] =>
          mapTree(base, (node) =>
            inBlock(node, 2) ? { ...node, timeout: node.name === "execute-qemu" ? limit : block } : node,
          );
        expect(inJob).toEqual(withName(named));
        expect(inBoth).toEqual(withName(strongest));
      }),
    );
  });

  test("the job's action timeout moves what neither device nor block names", () => {
    const named = ["boot-image-retry", "http-download"];
    fc.assert(
      fc.property(seconds, (limit) => {
        const changed = job(() => ({ timeouts: { job: { hours: 2 }, action: { seconds: limit } } }));
        const expected = mapTree(base, (node) => (named.includes(node.name) ? node : { ...node, timeout: limit }));
        expect(planOf(changed)).toEqual(expected);
      }),
    );
  });

  test("connection timeouts change nothing in the tree", () => {
    const timeouts = { job: { hours: 2 }, action: { seconds: 600 }, connection: { minutes: 9 } };
    expect(planOf(job(() => ({ timeouts })))).toEqual(base);
  });
});

describe("trying again", () => {
  const attempts = fc.integer({ min: 2, max: 9 });
  /** Every retry of the block tries so often; what stands under one gets its share of the time, in whole seconds. */
  const tried = (block: number, times: number): readonly NodeDescription[] =>
    mapTree(base, (node, parent) => {
      if (!inBlock(node, block)) return node;
      const timeout = parent && parent.max_retries > 1 ? Math.floor(parent.timeout / times) || 30 : node.timeout;
      return { ...node, timeout, max_retries: retries.includes(node.name) ? times : 1 };
    });

  test.each([
    ["deploy", 1],
    ["boot", 2],
    ["test", 3],
  ] as const)("failure_retry and repeat in a %s block divide the time among the attempts", (section, level) => {
    fc.assert(
      fc.property(attempts, fc.constantFrom("failure_retry", "repeat"), (times, key) => {
        const changed = job((parts) => {
          parts[section][key] = times;
        });
        expect(planOf(changed)).toEqual(tried(level, times));
      }),
    );
  });
});

describe("blocks", () => {
  test("a namespace that all blocks share changes nothing", () => {
    const named = job((parts) => {
      for (const block of Object.values(parts)) block.namespace = "target";
    });
    expect(planOf(named)).toEqual(base);
  });

  test("a deploy in a namespace without tests carries no overlay", () => {
    const apart = planOf(
      job((parts) => {
        parts.deploy.namespace = "other";
        parts.boot.namespace = "target";
        parts.test.namespace = "target";
      }),
    );
    const kept = (base[0]?.pipeline ?? []).filter(({ name }) => name === "download-retry").map(({ name }) => name);
    expect((apart[0]?.pipeline ?? []).map(({ name }) => name)).toEqual(kept);
    expect(apart.slice(1)).toEqual(base.slice(1));
  });

  test("each definition adds its four steps to the overlay", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), (count) => {
        const changed = planOf(
          job((parts) => {
            parts.test.definitions = Array.from({ length: count }, (_, i) => definition(`number-${i}`));
          }),
        );
        const steps = namesOf(changed).filter((name) => /repo-action|^test-.*overlay$/.test(name));
        const four = ["inline-repo-action", "test-overlay", "test-install-overlay", "test-runscript-overlay"];
        expect(steps).toEqual(Array.from({ length: count }, () => four).flat());
      }),
    );
  });

  test("without prompts and tests nothing logs in", () => {
    const silent = planOf(
      job((parts) => {
        delete parts.boot.prompts;
        delete parts.boot.auto_login;
        return { actions: [{ deploy: parts.deploy }, { boot: parts.boot }] };
      }),
    );
    expect(namesOf(silent)).not.toContain("auto-login-action");
    expect(namesOf(silent)).not.toContain("expect-shell-connection");
  });

  test("a command block stands where it was written and moves finalize by one", () => {
    const changed = planOf(
      job((parts) => ({
        actions: [{ deploy: parts.deploy }, { boot: parts.boot }, { test: parts.test }, { command: { name: "light" } }],
      })),
    );
    expect(changed.slice(0, 3)).toEqual(base.slice(0, 3));
    expect(changed.slice(3).map(({ name, level }) => [name, level])).toEqual([
      ["user-command", "4"],
      ["finalize", "5"],
    ]);
  });

  test("a block that stands twice is planned twice, with levels of its own", () => {
    const changed = planOf(
      job((parts) => ({
        actions: [{ deploy: parts.deploy }, { boot: parts.boot }, { boot: parts.boot }, { test: parts.test }],
      })),
    );
    const relevel = (nodes: readonly NodeDescription[], from: string, to: string): readonly NodeDescription[] =>
      mapTree(nodes, (node) => ({ ...node, level: node.level.replace(new RegExp(`^${from}\\b`), to) }));
    expect(changed.slice(1, 3)).toEqual([base[1], ...relevel(base.slice(1, 2), "2", "3")]);
  });
});
