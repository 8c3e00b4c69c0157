import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const bin = fileURLToPath(new URL("../../bin/basalt.js", import.meta.url));
const built = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
const has = (tool: string): boolean => spawnSync(tool, ["--version"]).status === 0;
const missing = !existsSync(built)
  ? "the command is not built (npm run build)"
  : ["qemu-system-x86_64", "qemu-img", "bsdtar"].find((tool) => !has(tool));
if (missing) process.stderr.write(`real installer tests skipped: ${missing}\n`);

// machine code of fixtures/installer/*.s, which say how they are assembled
const installed =
  "fa31c08ed88ed0bc007cfcbe457ce80f00be667ce80900e81e003c0a75f9ebf1ac08c0741288c4bafd03eca82074f888e0baf803eeebe9c3bafd03eca80174fbbaf803ecc34c696e75782076657273696f6e20362e3020286e6f74207265616c6c79290d0a000d0a696e7374616c6c65642320";
const installer =
  "8cc883e8208ed88ec08ed0bcf0fffcbea502e836001e66a1280289c683e60f66c1e8048ed8e823001fb80103bb0004b90100ba8000cd13beb1027303bec502e809007204b0fee664f4ebfd9cac08c0741288c4bafd03eca82074f888e0baf803eeebe99dc3696e7374616c6c65723a20000d0a696e7374616c6c65723a20646f6e650d0a000d0a496e7374616c6c6174696f6e2073746570206661696c65640d0a";

/** A file that QEMU boots as a Linux kernel: the header of Linux's boot protocol 2.3, the installer, and the boot sector it writes. */
function kernel(): Buffer {
  const file = Buffer.alloc(2048);
  file.writeUInt8(2, 0x1f1); // sectors of set-up code after the first
  file.writeUInt16LE(0xaa55, 0x1fe);
  file.writeUInt16LE(0x3eeb, 0x200); // a jump to 0x240
  file.write("HdrS", 0x202);
  file.writeUInt16LE(0x0203, 0x206);
  file.writeUInt8(1, 0x211); // the rest goes to 1 MiB
  file.writeUInt32LE(0x100000, 0x214);
  file.writeUInt32LE(0x37ffffff, 0x22c); // where an initial ramdisk may end
  Buffer.from(installer, "hex").copy(file, 0x240);
  Buffer.from(installed, "hex").copy(file, 0x400);
  file.writeUInt16LE(0xaa55, 0x5fe);
  return file;
}

const device = {
  hostname: "qemu-01",
  devicetype: "qemu",
  constants: { "kernel-start-message": "Linux version [0-9]" },
  parameters: {},
  available_architectures: ["amd64"],
  actions: {
    deploy: { methods: { image: { parameters: { guest: { interface: "ide" } } } } },
    boot: {
      methods: {
        qemu: {
          parameters: { command: "qemu-system-x86_64", options: ["-m 64", "-nographic", "-nic user"], extra: [] },
        },
      },
    },
  },
  timeouts: { actions: {}, connections: {} },
};

const folder = mkdtempSync(join(tmpdir(), "installer-e2e-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(iso: object): {
  readonly status: number | null;
  readonly output: string;
  readonly left: readonly string[];
} {
  const [job, disc, tmp] = [join(folder, "job.yaml"), join(folder, "cd"), join(folder, "tmp")];
  mkdirSync(join(disc, "install.amd"), { recursive: true });
  mkdirSync(tmp, { recursive: true });
  writeFileSync(join(disc, "install.amd", "vmlinuz"), kernel());
  writeFileSync(join(disc, "install.amd", "initrd.gz"), "initrd");
  spawnSync("bsdtar", ["-c", "--format=iso9660", "-f", join(folder, "netinst.iso"), "-C", disc, "install.amd"]);
  writeFileSync(join(folder, "preseed.cfg"), "d-i debian-installer/locale string en_US\n");
  writeFileSync(join(folder, "device.yaml"), JSON.stringify(device));
  const definition = {
    job_name: "installer",
    device_type: "qemu",
    visibility: "public",
    timeouts: { job: { minutes: 2 }, action: { seconds: 50 } },
    context: { arch: "amd64" },
    actions: [
      {
        deploy: {
          to: "iso-installer",
          images: {
            iso: { url: `file://${folder}/netinst.iso` },
            preseed: {
              url: `file://${folder}/preseed.cfg`,
              image_arg: "-append 'auto=true url=tftp://10.0.2.2/{preseed}'",
            },
          },
          iso: { installation_size: "16M", ...iso },
        },
      },
      { boot: { method: "qemu-iso", media: "img", prompts: ["installed# "] } },
    ],
  };
  writeFileSync(job, JSON.stringify(definition));
  const ran = spawnSync(process.execPath, [bin, "run", job, "--device", join(folder, "device.yaml"), "--plain"], {
    cwd: folder,
    env: { ...process.env, TMPDIR: tmp, NO_COLOR: "1" },
    encoding: "utf8",
  });
  const left = spawnSync("ls", ["-A", tmp], { encoding: "utf8" })
    .stdout.split("\n")
    .filter((name) => name !== "");
  return { status: ran.status, output: ran.stdout + ran.stderr, left };
}

describe.skipIf(missing)("an installer in real QEMU", { timeout: 120_000 }, () => {
  test("its kernel is taken from the ISO image, it installs to the empty disk, and what it installed boots", () => {
    const { status, output, left } = run({ kernel: "/install.amd/vmlinuz", initrd: "/install.amd/initrd.gz" });
    expect(output).toContain("installer: auto=true url=tftp://10.0.2.2/preseed.cfg");
    expect(output.indexOf("installer: done")).toBeLessThan(output.indexOf("Linux version 6.0"));
    expect(status).toBe(0);
    expect(left).toEqual([]);
  });

  test("a QEMU that refuses its arguments is told as such", () => {
    const { status, output } = run({}); // -append without -kernel
    expect(output).toContain("-append only allowed with -kernel");
    expect(output).toMatch(/monitor-installer-connection.*QEMU ended with 1/);
    expect(status).toBe(3);
  });

  test("what is not in the ISO image is named", () => {
    const { output } = run({ kernel: "/install.amd/other" });
    expect(output).toContain("install.amd/other: Not found in archive");
  });
});
