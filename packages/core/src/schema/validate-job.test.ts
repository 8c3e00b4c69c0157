import { describe, expect, test } from "vitest";
import { isBasaltError } from "../errors.js";
import { readYaml } from "../yaml/read-yaml.js";
import type { SchemaContribution } from "./contribution.js";
import { common, text } from "./json-schema.js";
import { formatProblems, problemsToError } from "./problem.js";
import { type ValidateJobOptions, validateJob } from "./validate-job.js";

const contributions: SchemaContribution[] = [
  {
    section: "deploy",
    method: "tmpfs",
    schema: {
      required: ["images"],
      properties: {
        images: {
          type: "object",
          additionalProperties: { ...common("extendedUrl"), properties: { image_arg: text("QEMU argument.") } },
        },
      },
    },
  },
  { section: "deploy", method: "ssh", schema: {} },
  {
    section: "boot",
    method: "qemu",
    schema: {
      properties: {
        prompts: common("prompts"),
        auto_login: common("autoLogin"),
        transfer_overlay: common("transferOverlay"),
        docker: common("docker"),
      },
    },
  },
  // Two plugins serve one method, each with keys of its own.
  { section: "boot", method: "grub", schema: { required: ["commands"], properties: { commands: common("commands") } } },
  { section: "boot", method: "grub", schema: { required: ["sequence"], properties: { sequence: { type: "array" } } } },
  // A method may redefine a key of its section.
  {
    section: "boot",
    method: "ssh",
    schema: {
      properties: { parameters: { type: "object", properties: { hostID: text("Message with the address.") } } },
    },
  },
  {
    section: "test",
    method: "definitions",
    schema: { required: ["definitions"], properties: { definitions: common("definitions") } },
  },
  {
    section: "command",
    method: "command",
    schema: { required: ["name"], properties: { name: text("Name of the command.") } },
  },
];

const job = `job_name: smoke
device_type: qemu
visibility: public
priority: medium
timeouts:
  job: {minutes: 10}
  action: {minutes: 5}
  actions:
    http-download: {minutes: 4}
actions:
- deploy:
    to: tmpfs
    timeout: {minutes: 3}
    os: debian
    images:
      rootfs:
        url: https://example.com/rootfs.gz
        compression: gz
        image_arg: -drive file={rootfs}
- boot:
    method: qemu
    prompts: ['root@debian:~#']
    auto_login: {login_prompt: 'login:', username: root}
- test:
    definitions:
    - from: git
      repository: https://example.com/tests.git
      path: smoke.yaml
      name: smoke
    - from: inline
      path: inline.yaml
      name: inline-test
      repository:
        metadata: {format: Lava-Test Test Definition 1.0, name: inline}
        run: {steps: [uname -a]}
context: {arch: amd64, no_kvm: true}
`;

const multinode = job
  .replace("device_type: qemu\n", "")
  .replace("context: {arch: amd64, no_kvm: true}\n", "")
  .replaceAll(/^- (deploy|boot|test):$/gm, "- $1:\n    role: [server, client]")
  .concat(`protocols:
  lava-multinode:
    timeout: {minutes: 5}
    roles:
      server: {device_type: qemu, count: 1}
      client: {connection: ssh, count: 2, expect_role: server, host_role: server, request: lava-start}
`);

const check = async (source: string, options?: ValidateJobOptions) =>
  validateJob(await readYaml(source, { file: "job.yaml" }), contributions, options);

/** A job and what is put in the place of what: each must be refused. */
type Bad = readonly [name: string, ...edits: (readonly [from: string | RegExp, to: string])[]];

const bad: readonly Bad[] = [
  ["no name", ["job_name: smoke\n", ""]],
  ["an empty name", ["job_name: smoke", "job_name: ''"]],
  ["a name too long", ["job_name: smoke", `job_name: ${"x".repeat(201)}`]],
  ["a name that is a number", ["job_name: smoke", "job_name: 2026"]],
  ["no device type", ["device_type: qemu\n", ""]],
  ["no visibility", ["visibility: public\n", ""]],
  ["a visibility mistyped", ["visibility: public", "visibility: pubic"]],
  ["a visibility of groups that is no list", ["visibility: public", "visibility: {group: developers}"]],
  ["a priority too high", ["priority: medium", "priority: 101"]],
  ["a priority in words of one's own", ["priority: medium", "priority: urgent"]],
  ["no timeouts", [/timeouts:\n {2}job.*\n.*\n.*\n.*\n/, ""]],
  ["no job timeout", ["  job: {minutes: 10}\n", ""]],
  ["a timeout that is a number", ["job: {minutes: 10}", "job: 10"]],
  ["a timeout without a unit", ["job: {minutes: 10}", "job: {minute: 10}"]],
  ["a timeout of zero", ["job: {minutes: 10}", "job: {minutes: 0}"]],
  ["a timeout in quotes", ["job: {minutes: 10}", "job: {minutes: '10'}"]],
  ["an action's timeout above the job's", ["action: {minutes: 5}", "action: {minutes: 11}"]],
  ["a named timeout above the job's", ["http-download: {minutes: 4}", "http-download: {hours: 1}"]],
  ["a block's timeout above the job's", ["timeout: {minutes: 3}", "timeout: {days: 1}"]],
  ["actions that are no list", [/actions:\n- deploy[\s\S]*context/, "actions: {}\ncontext"]],
  ["a block of two sections", ["- boot:", "  boot:"]],
  ["an unknown section", ["- deploy:", "- deploys:"]],
  ["a block that is empty", [/- boot:[\s\S]*- test/, "- boot:\n- test"]],
  ["an unknown method", ["method: qemu", "method: qmu"]],
  ["a method that is a list", ["method: qemu", "method: [qemu]"]],
  ["no method", ["    method: qemu\n", ""]],
  ["no `to`", ["    to: tmpfs\n", ""]],
  ["a test of no kind", ["definitions:", "definition:"]],
  ["a test of a kind without a plugin", ["    definitions:", "    docker: {image: x}\n    definitions:"]],
  ["a command without a name", ["- boot:", "- command: {}\n- boot:"]],
  ["no images", [/ {4}images:[\s\S]*- boot/, "- boot"]],
  ["an image without a URL", ["url: https://example.com/rootfs.gz", "urls: https://example.com/rootfs.gz"]],
  ["a compression mistyped", ["compression: gz", "compression: gzip"]],
  ["a checksum that YAML reads as a number", ["compression: gz", "md5sum: 12345678901234"]],
  ["an image with overlays and no format", ["compression: gz", "overlays: {modules: {url: x, format: tar, path: /}}"]],
  [
    "an overlay without a path",
    ["compression: gz", "format: ext4\n        overlays: {modules: {url: x, format: tar}}"],
  ],
  ["an empty prompt", ["['root@debian:~#']", "['']"]],
  ["prompts that are a number", ["['root@debian:~#']", "5"]],
  ["a login without a user", [", username: root", ""]],
  ["a password without its prompt", ["username: root", "username: root, password: secret-word"]],
  ["a container's name with capitals", ["method: qemu", "method: qemu\n    docker: {image: Debian}"]],
  ["a container without a name", ["method: qemu", "method: qemu\n    docker: {local: true}"]],
  [
    "an overlay transfer without a download",
    ["method: qemu", "method: qemu\n    transfer_overlay: {unpack_command: tar}"],
  ],
  ["neither kind of grub boot", ["method: qemu", "method: grub"]],
  ["an unknown kind of source", ["from: git", "from: bzr"]],
  ["a test without a path", ["      path: smoke.yaml\n", ""]],
  ["a test's name with a blank", ["name: smoke\n    - from", "name: smoke test\n    - from"]],
  ["a test's name with a dot", ["name: inline-test", "name: inline.test"]],
  ["an inline test of another format", ["Test Definition 1.0", "Test Definition 2.0"]],
  ["an inline test whose steps are mappings", ["[uname -a]", "[echo: a]"]],
  ["a shallow clone of a revision", ["path: smoke.yaml", "path: smoke.yaml\n      revision: abc\n      shallow: true"]],
  ["a revision that YAML reads as a number", ["path: smoke.yaml", "path: smoke.yaml\n      revision: 123456"]],
  ["repeat and failure_retry together", ["method: qemu", "method: qemu\n    repeat: 2\n    failure_retry: 2"]],
  ["a failure_retry of zero", ["method: qemu", "method: qemu\n    failure_retry: 0"]],
  ["a namespace in one block only", ["method: qemu", "method: qemu\n    namespace: dut"]],
  ["a reserved namespace", [/^- (deploy|boot|test):$/gm, "- $1:\n    namespace: common"]],
  ["an unknown context variable", ["arch: amd64", "arhc: amd64"]],
  ["a context variable that is a mapping", ["arch: amd64", "arch: {a: b}"]],
  ["a role outside MultiNode", ["method: qemu", "method: qemu\n    role: server"]],
  ["tags that are no list", ["visibility: public", "visibility: public\ntags: fast"]],
  ["a secret that is no text", ["visibility: public", "visibility: public\nsecrets: {pin: 1234}"]],
  [
    "both kinds of callback",
    ["visibility: public", "visibility: public\nnotify: {criteria: {status: all}, callback: {url: x}, callbacks: []}"],
  ],
  [
    "many mistakes at once",
    ["device_type: qemu\n", ""],
    ["minutes: 10", "minutes: -1"],
    ["to: tmpfs", "to: tmpf"],
    ["path: smoke.yaml", "paht: smoke.yaml"],
  ],
];

const badMultinode: readonly Bad[] = [
  ["a device type at the top of a MultiNode job", ["visibility: public", "visibility: public\ndevice_type: qemu"]],
  ["a context at the top of a MultiNode job", ["visibility: public", "visibility: public\ncontext: {arch: arm64}"]],
  ["a block without a role", ["- boot:\n    role: [server, client]", "- boot:"]],
  ["a role nobody has", ["- boot:\n    role: [server, client]", "- boot:\n    role: [server, klient]"]],
  ["a host that is no role", ["host_role: server", "host_role: sever"]],
  ["guests on several hosts", ["count: 1", "count: 2"]],
  ["one device for two jobs", ["{device_type: qemu, count: 1}", "{device_type: qemu, count: 2, device: my-qemu}"]],
  ["guests without a role to expect", ["expect_role: server, ", ""]],
  ["no roles", [/ {4}roles:\n.*\n.*\n/, ""]],
];

const edited = (source: string, [name, ...edits]: Bad): string =>
  edits.reduce((before, [from, to]) => {
    const after = before.replaceAll(
      typeof from === "string" ? from : new RegExp(from.source, `${from.flags.replace("g", "")}g`),
      to,
    );
    if (after === before) throw new Error(`${name}: nothing to edit`);
    return after;
  }, source);

const table = [
  ...bad.map((one) => [one[0], edited(job, one)] as const),
  ...badMultinode.map((one) => [one[0], edited(multinode, one)] as const),
];

describe("a bad job", () => {
  test("the jobs the table is made of are good", async () => {
    for (const source of [job, multinode])
      expect(await check(source, { strict: true })).toEqual({ ok: true, warnings: [] });
    expect(table.length).toBeGreaterThan(60);
  });

  test.each(table)(
    "with %s is refused with file, line, column, path, value and what was expected",
    async (_name, source) => {
      const result = await check(source);
      if (result.ok) throw new Error("accepted");
      const lines = source.split("\n");
      for (const problem of result.problems) {
        expect(problem).toMatchObject({
          file: "job.yaml",
          severity: "error",
          code: expect.stringMatching(/^ERR_JOB_/),
        });
        expect(lines[problem.line - 1]?.length).toBeGreaterThanOrEqual(problem.column - 1);
        expect(problem.path).not.toBe("");
        expect(problem.expected).not.toBe("");
        if (!/missing|has no|needs/.test(problem.message) && problem.code !== "ERR_JOB_UNKNOWN_METHOD")
          expect(problem.value).not.toBe("");
      }
    },
  );

  test("each is told in the words of fixtures/bad-jobs.txt", async () => {
    const told: string[] = [];
    for (const [name, source] of table) {
      const result = await check(source);
      told.push(`# ${name}\n${result.ok ? "(accepted)" : formatProblems([...result.problems, ...result.warnings])}\n`);
    }
    await expect(told.join("\n")).toMatchFileSnapshot("fixtures/bad-jobs.txt");
  });

  test("makes one error of kind job, and no secret is told", async () => {
    const result = await check(
      edited(job, ["", ["username: root", "username: {a: 1}, password: secret-word, password_prompt: 5"]]),
    );
    if (result.ok) throw new Error("accepted");
    const error = problemsToError(result.problems);
    expect(isBasaltError(error) && [error.kind, error.code]).toEqual(["job", "ERR_JOB_INVALID"]);
    expect(error.message).toMatch(/^job\.yaml: the job has 2 problems:\njob\.yaml:23:/);
    const secret = await check(
      edited(job, ["", ["visibility: public", "visibility: public\nsecrets: {token: [secret-word]}"]]),
    );
    expect(secret.ok || formatProblems(secret.problems)).toMatch(/value: {4}\(hidden\)/);
  });
});

describe("unknown keys", () => {
  const odd = edited(job, [
    "",
    ["os: debian", "os: debian\n    imagse: {}"],
    ["priority: medium", "prioritie: low"],
    ["name: smoke\n    - from", "name: smoke\n      brnach: x\n    - from"],
  ]);

  test("are warnings with the key that may be meant", async () => {
    const result = await check(odd);
    expect(result.ok).toBe(true);
    expect(formatProblems(result.warnings)).toBe(
      [
        "job.yaml:4:1: warning: prioritie: prioritie is no known key here; did you mean priority? [ERR_JOB_UNKNOWN_KEY]\n    expected: priority",
        "job.yaml:15:5: warning: actions[0].deploy.imagse: imagse is no known key here; did you mean images? [ERR_JOB_UNKNOWN_KEY]\n    expected: images",
        "job.yaml:31:7: warning: actions[2].test.definitions[0].brnach: brnach is no known key here; did you mean branch? [ERR_JOB_UNKNOWN_KEY]\n    expected: branch",
      ].join("\n"),
    );
  });

  test("are errors under strict", async () => {
    const result = await check(odd, { strict: true });
    expect(!result.ok && result.problems.map(({ code }) => code)).toEqual(Array(3).fill("ERR_JOB_UNKNOWN_KEY"));
  });

  test.each([
    ["several units of time", ["action: {minutes: 5}", "action: {minutes: 5, seconds: 30}"], "ERR_JOB_TIMEOUT"],
    ["a shallow clone", ["path: smoke.yaml", "path: smoke.yaml\n      shallow: true"], "ERR_JOB_UNKNOWN_KEY"],
  ] as const)("%s: allowed, but not under strict", async (name, edit, code) => {
    const source = edited(job, [name, edit]);
    expect((await check(source)).ok).toBe(true);
    expect(await check(source, { strict: true })).toMatchObject({ ok: false, problems: [{ code }] });
  });

  test("a key belongs to the branch that applies: `branch` is no key of an inline definition", async () => {
    const result = await check(edited(job, ["", ["path: inline.yaml", "path: inline.yaml\n      branch: x"]]));
    expect(result.warnings.map(({ path }) => path)).toEqual(["actions[2].test.definitions[1].branch"]);
  });
});

test("a repeated key is a warning", async () => {
  const result = await check(edited(job, ["", ["priority: medium", "priority: low\npriority: high"]]));
  expect(result).toMatchObject({ ok: true, warnings: [{ line: 5, column: 1, code: "ERR_JOB_REPEATED_KEY" }] });
});

test("an installation may allow more context variables", async () => {
  const source = edited(job, ["", ["arch: amd64", "lab_name: north"]]);
  expect((await check(source)).ok).toBe(false);
  expect((await check(source, { extraContextVariables: ["lab_name"] })).ok).toBe(true);
});

test("a job a server made out of a MultiNode job has roles of jobs and no device type", async () => {
  const split = multinode
    .replace(
      / {4}roles:[\s\S]*$/,
      "    roles: {black02: server, black03: client}\n    target_group: a-b-c\n    role: client\n    group_size: 2\n    sub_id: 1\n",
    )
    .replaceAll("role: [server, client]", "role: client")
    .concat("connection: ssh\nhost_role: server\n");
  expect(await check(split, { strict: true })).toEqual({ ok: true, warnings: [] });
});

test("what is no mapping is no job", async () => {
  for (const source of ["", "- a", "text", "5"]) {
    const result = await check(source);
    expect(!result.ok && result.problems[0]).toMatchObject({
      line: 1,
      column: 1,
      expected: expect.stringContaining("job_name"),
    });
  }
});

describe("what was made to stall a server is not looked through to the end", () => {
  const many = (make: (index: number) => string): string =>
    Array.from({ length: 2_000 }, (_, at) => make(at)).join("\n");

  test.each([
    ["unknown keys", (text: string) => `${text}\n${many((at) => `x${at}: 1`)}\n`],
    ["repeated keys", (text: string) => `${text}\n${many(() => "priority: high")}\n`],
    [
      "context variables",
      (text: string) => text.replace("arch: amd64", `arch: amd64, ${many((at) => ` x${at}: 1,`).slice(0, -1)}`),
    ],
    ["wrong values", (text: string) => `${text}\ntags: [${"1,".repeat(2_000)}]\n`],
  ])("%s", async (_name, made) => {
    const result = await check(made(job));
    const told = [...(result.ok ? [] : result.problems), ...result.warnings];
    expect(told.length).toBeGreaterThan(40);
    expect(told.length).toBeLessThanOrEqual(150);
  });

  test("a job may have a thousand actions", async () => {
    const more = "- boot: {method: qemu, prompts: [a]}\n";
    const blocks = (count: number) => check(job.replace("\nactions:\n", `\nactions:\n${more.repeat(count)}`));
    expect((await blocks(990)).ok).toBe(true);
    const refused = await blocks(1_001);
    expect(!refused.ok && refused.problems).toMatchObject([{ path: "actions", code: "ERR_JOB_VALUE" }]);
  });

  test("a text too long for places still says what is wrong", async () => {
    const long = `${job}\n# ${"x".repeat(300_000)}\n`;
    expect(await check(long)).toEqual({ ok: true, warnings: [] });
    const wrong = await check(long.replace("priority: medium", "priority: soon"));
    expect(!wrong.ok && wrong.problems).toMatchObject([{ path: "priority", line: 1, column: 1 }]);
  });
});
