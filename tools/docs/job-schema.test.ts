import { existsSync, readdirSync, readFileSync } from "node:fs";
import { commandSchema } from "../../packages/actions-command/src/schema.js";
import { minimalSchema } from "../../packages/actions-boot-minimal/src/schema.js";
import { qemuSchema } from "../../packages/actions-boot-qemu/src/schema.js";
import { tmpfsSchema } from "../../packages/actions-deploy-images/src/schema.js";
import { interactiveSchema } from "../../packages/actions-test-interactive/src/schema.js";
import { monitorsSchema } from "../../packages/actions-test-monitor/src/schema.js";
import { definitionsSchema } from "../../packages/actions-test-shell/src/schema.js";
import { assembleJobSchema, formatProblems, readYaml, type SchemaContribution, validateDevice, validateJob } from "@basalt/core";
import { describe, expect, test } from "vitest";

const conformance = process.env.BASALT_CONFORMANCE ?? "/work/shared/conformance";
const present = existsSync(`${conformance}/jobs`);
if (!present) console.log(`${conformance} is not there: its jobs and devices are left out`);

const plugins: SchemaContribution[] = [
  { section: "deploy", method: "tmpfs", schema: tmpfsSchema },
  { section: "boot", method: "qemu", schema: qemuSchema },
  { section: "boot", method: "minimal", schema: minimalSchema },
  { section: "test", method: "definitions", schema: definitionsSchema },
  { section: "test", method: "interactive", schema: interactiveSchema },
  { section: "test", method: "monitors", schema: monitorsSchema },
  { section: "command", method: "command", schema: commandSchema },
];
const files = (folder: string) => (present ? readdirSync(`${conformance}/${folder}`) : []);
const read = (path: string) => readYaml(readFileSync(`${conformance}/${path}`, "utf8"), { file: path });

/** Methods whose plugins are not part of the project yet: any keys. */
const open = (section: "deploy" | "boot" | "test", names: string): SchemaContribution[] =>
  names.split(" ").map((method) => ({ section, method, schema: { additionalProperties: true } }));
const all = [...plugins,
  ...open("deploy", "avh docker download downloads fastboot flasher fvp mps musca nbd nfs overlay qdl recovery ssh tftp u-boot-ums usb uuu vemsd"),
  ...open("boot", "avh bootloader cmsis-dap depthcharge dfu docker fastboot fvp grub grub-efi ipxe jlink kexec musca new_connection openocd pyocd qdl qemu-nfs recovery schroot ssh u-boot uefi uefi-menu uuu"),
  ...open("test", "docker services"),
];

test.skipIf(!present)("jobs", async () => {
  for (const name of files("jobs")) {
    const result = await validateJob(await read(`jobs/${name}`), all);
    if (!result.ok) console.log(formatProblems(result.problems));
    if (result.warnings.length) console.log(formatProblems(result.warnings));
  }
  for (const name of files("devices")) {
    const result = await validateDevice(await read(`devices/${name}`));
    if (!result.ok) console.log(formatProblems(result.problems));
    if (result.warnings.length) console.log(formatProblems(result.warnings));
  }
  console.log(JSON.stringify(assembleJobSchema(plugins)).length);
});
