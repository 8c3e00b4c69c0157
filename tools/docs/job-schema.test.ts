import { existsSync, readdirSync, readFileSync } from "node:fs";
import * as core from "@basalt/core";
import {
  assembleJobSchema,
  contributionsOf,
  type JsonSchema,
  readYaml,
  type SchemaContribution,
  validateDevice,
  validateJob,
} from "@basalt/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { jobKeysMarkdown, pluginFolders } from "./plugin-schemas.mjs";

const conformance = process.env.BASALT_CONFORMANCE ?? "/work/shared/conformance";
const present = existsSync(`${conformance}/jobs`);
if (!present) console.log(`${conformance} is not there: its jobs and devices are left out`);
const files = (folder: string): string[] => (present ? readdirSync(`${conformance}/${folder}`) : []);
const read = (path: string) => readYaml(readFileSync(`${conformance}/${path}`, "utf8"), { file: path });

const imported = await Promise.all(
  pluginFolders().map((folder: string) => import(`../../packages/${folder}/src/index.ts`)),
);
const contributions: SchemaContribution[] = imported.flatMap((one) => contributionsOf(one.default));

/** Methods of spec 1.4 to 1.6 whose plugins are not part of the project yet: with any keys. */
const open = (section: "deploy" | "boot" | "test", names: string): SchemaContribution[] =>
  names
    .split(" ")
    .filter((method) => !contributions.some((one) => one.section === section && one.method === method))
    .map((method) => ({ section, method, schema: { additionalProperties: true } }));
const everything = [
  ...contributions,
  ...open(
    "deploy",
    "avh docker download downloads fastboot flasher fvp iso-installer mps musca nbd nfs overlay qdl recovery sata sd ssh tftp u-boot-ums usb usbg-ms uuu vemsd",
  ),
  ...open(
    "boot",
    "avh barebox bootloader cmsis-dap depthcharge dfu docker fastboot fvp gdb grub grub-efi ipxe jlink kexec musca new_connection nodebooter openocd pyocd qdl qemu-iso qemu-nfs recovery schroot ssh u-boot uefi uefi-menu uuu",
  ),
  ...open("test", "services"),
  // ajv takes an open branch of nested conditions for the chosen one, so this kind has its keys.
  {
    section: "test",
    method: "docker",
    schema: { properties: { definitions: core.schema.common("definitions"), docker: core.schema.common("docker") } },
  },
];

const ajv = (): Ajv2020 => new Ajv2020({ allErrors: true, strict: false });

/** The assembled schemas, loose and strict, compiled. */
const compiled = (list: readonly SchemaContribution[]) =>
  [false, true].map((strict) => [strict, ajv().compile(assembleJobSchema(list, { strict }))] as const);

describe("the plugins of this project", () => {
  test("bring these methods", () => {
    const names = contributions.map(({ section, method }) => `${section} ${method}`);
    for (const name of [
      "deploy tmpfs",
      "boot qemu",
      "boot minimal",
      "test definitions",
      "test interactive",
      "test monitors",
      "command command",
    ])
      expect(names).toContain(name);
  });

  test("and core write schemas that are JSON Schema 2020-12", () => {
    for (const strict of [false, true]) {
      const schema = assembleJobSchema(everything, { strict });
      expect(ajv().validateSchema(schema, true)).toBe(true);
      expect(JSON.stringify(schema)).not.toContain("basalt:common");
    }
    expect(ajv().validateSchema(core.deviceSchema, true)).toBe(true);
  });

  test("describe each of their keys", () => {
    const silent: string[] = [];
    const visit = (schema: JsonSchema, path: string): void => {
      for (const [key, sub] of Object.entries(schema.properties ?? {})) {
        const named = sub.description ?? (sub.$ref && schemaDefs[sub.$ref.slice(8)]?.description);
        const condition = Object.keys(sub).length === 1 && ("const" in sub || "enum" in sub);
        if (!named && !condition && !["deploy", "boot", "test", "command"].includes(key)) silent.push(`${path}.${key}`);
        visit(sub, `${path}.${key}`);
      }
      for (const sub of [...(schema.allOf ?? []), ...(schema.anyOf ?? [])]) visit(sub, path);
      for (const sub of [schema.items, schema.then, schema.else]) if (sub) visit(sub, path);
    };
    const { $defs: schemaDefs = {}, ...top } = assembleJobSchema(contributions);
    visit(top, "job");
    for (const [name, def] of Object.entries(schemaDefs)) visit(def, name);
    expect(silent).toEqual([]);
  });
});

const job = `job_name: a
device_type: qemu
visibility: public
timeouts: {job: {minutes: 10}}
actions:
- deploy: {to: tmpfs, images: {root: {url: x, image_arg: y, format: ext4, overlays: {m: {url: z, format: tar, path: /}}}}}
- boot: {method: qemu, prompts: ['#'], docker: {image: debian, binary: /usr/bin/qemu}, parameters: {shutdown-message: x}}
- boot: {method: minimal, reset: false, auto_login: {login_prompt: 'login:', username: root}, timeouts: {reset-device: {minutes: 1}}}
- test: {definitions: [{from: git, repository: x, path: y, name: z, branch: main}]}
- test: {interactive: [{name: a, prompts: ['=>'], script: [{command: help, name: b, successes: [{message: ok}]}]}]}
- test: {monitors: [{name: a, start: b, end: c, pattern: d, fixupdict: {PASS: pass}}]}
- command: {name: hard_reset}
context: {arch: amd64}
`;

const multinode =
  "protocols: {lava-multinode: {roles: {server: {device_type: a, count: 1}, client: {connection: ssh, count: 1, expect_role: server, host_role: server, request: lava-start}}}}";

// What is put in the place of what; whether the loose schema accepts it, and whether the strict one does.
const edits: [string, string, boolean, boolean][] = [
  ["job_name: a", "job_name: a ", true, true],
  ["job_name: a", "job_name: a\nfoo: 1", true, false],
  ["visibility: public", "visibility: {group: [a], x: 1}", true, false],
  ["job: {minutes: 10}", "job: {minutes: 10, skip: true}", true, true],
  ["job: {minutes: 10}", "job: {minutes: 10, seconds: 1}", true, false],
  ["job: {minutes: 10}", "job: {}", false, false],
  ["device_type: qemu", "device: qemu01", false, false],
  ["device_type: qemu", multinode, true, true],
  ["device_type: qemu", multinode.replace("request:", "requests:"), true, false],
  ["device_type: qemu", multinode.replace("host_role: server", "host: server"), false, false],
  ["device_type: qemu", multinode.replace("count: 1", "count: one"), false, false],
  ["arch: amd64", "arhc: amd64", false, false],
  ["arch: amd64", "extra_options: [-smp, 2]", true, true],
  ["to: tmpfs", "to: tmpfz", false, false],
  ["to: tmpfs", "to: tmpfs, type: monitor", true, true],
  ["to: tmpfs", "to: tmpfs, type: printer", false, false],
  ["to: tmpfs", "to: tmpfs, uefi: {url: x, foo: 1}", true, false],
  ["image_arg: y", "image_argument: y", true, false],
  ["image_arg: y", "partition: 1", true, true],
  [", overlays: {m: {url: z, format: tar, path: /}}", "", true, false],
  ["format: ext4", "format: ext3", false, false],
  ["path: /}", "path: /, mode: 5}", true, false],
  ["{m: {url: z, format: tar, path: /}}", "{lava: true}", true, true],
  ["binary: /usr/bin/qemu", "binary: 5", false, false],
  ["binary: /usr/bin/qemu", "login: {registry: a, user: b, password: c}", true, true],
  ["binary: /usr/bin/qemu", "login: {registry: a, user: b}", false, false],
  ["shutdown-message: x", "shutdown-massage: x", true, false],
  ["reset: false", "reset: 0", false, false],
  ["username: root", "username: root, password: x", false, false],
  ["reset-device: {minutes: 1}", "reset-device: {minutes: 1, foo: 1}", true, false],
  ["branch: main", "branch: main, shallow: true", true, false],
  ["from: git", "from: url", true, false],
  [
    "from: git, repository: x",
    "from: inline, repository: {metadata: {format: Lava-Test Test Definition 1.0, name: a}, run: {steps: [b]}, install: {deps-debian: [c]}}, skip_install: [deps]",
    true,
    false,
  ],
  [
    "from: git, repository: x, path: y, name: z, branch: main",
    "from: inline, path: y, name: z, repository: {metadata: {format: Lava-Test Test Definition 1.0, name: a}, run: {steps: [b]}, parse: {pattern: x}}",
    true,
    false,
  ],
  ["from: git", "from: cvs", false, false],
  ["command: help", "command: null, delay: 5", true, true],
  ["message: ok", "massage: ok", false, false],
  ["PASS: pass", "PASS: passed", false, false],
  ["name: hard_reset", "name: hard_reset, foo: 1", true, false],
  ["- test: {definitions", "- test: {name: x, definitions", true, false],
  ["- test: {interactive", "- test: {name: x, interactive", true, false],
  ["- test: {monitors", "- test: {monitor", false, false],
  ["- command", "- commands", false, false],
  ["method: minimal", "method: minimal, role: [a]", true, true],
];

const ofPlugins = compiled(contributions);

test.each(edits)(
  "%s -> %s: validateJob and the assembled schema agree (loose %s, strict %s)",
  async (from, to, loose, strict) => {
    let text = job.replace(from, to);
    // A MultiNode job has roles in its blocks and no context.
    if (to.startsWith("protocols"))
      text = text.replace(/context.*/, "").replaceAll(/^- (\w+): \{/gm, "- $1: {role: [server], ");
    expect(text).not.toBe(job);
    const document = await readYaml(text);
    for (const [strictly, validate] of ofPlugins) {
      const wanted = strictly ? strict : loose;
      const { ok } = await validateJob(document, contributions, { strict: strictly });
      expect({ ajv: validate(document.value), ok }).toEqual({ ajv: wanted, ok: wanted });
    }
  },
);

const ofEverything = compiled(everything);

test.skipIf(!present).each(files("jobs"))("the job %s passes the loose schema", async (name) => {
  const document = await read(`jobs/${name}`);
  expect(await validateJob(document, everything)).toMatchObject({ ok: true });
  for (const [strict, validate] of ofEverything) {
    const { ok } = await validateJob(document, everything, { strict });
    expect(validate(document.value), `strict ${strict}: ${JSON.stringify(validate.errors?.slice(0, 3))}`).toBe(ok);
  }
});

test.skipIf(!present)("a job whose method has no plugin yet is refused for just that", async () => {
  const result = await validateJob(
    await read("jobs/qdl--qdl-boot--qcs6490-rb3gen2.yaml"),
    contributions.filter(({ method }) => method !== "qdl"),
  );
  expect(!result.ok && result.problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
    "ERR_JOB_UNKNOWN_METHOD actions[0].deploy.to",
    "ERR_JOB_UNKNOWN_METHOD actions[1].boot.method",
  ]);
});

test.skipIf(!present).each(files("devices"))("the device %s is accepted", async (name) => {
  expect(await validateDevice(await read(`devices/${name}`))).toMatchObject({ ok: true });
});

test("docs/reference/job-keys.md is what the schemas say", () => {
  const written = readFileSync(new URL("../../docs/reference/job-keys.md", import.meta.url), "utf8");
  expect(written === jobKeysMarkdown(core, contributions), "run: npm run build && node tools/docs/job-keys.mjs").toBe(
    true,
  );
});
