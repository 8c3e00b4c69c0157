import {
  applyOverlayTftp,
  BootCommandSlot,
  downloadedSlot,
  FitSlot,
  NfsRootSlot,
  OverlayFileSlot,
  PersistentNfsSlot,
  RamdiskWorkSlot,
} from "@basalt/actions-common";
import { ArchiverToken, FileStoreToken, type JsonObject, ProcessRunnerToken, TftpServerToken } from "@basalt/core";
import { FakeArchiver, FakeFiles, FakeProcessRunner, planOf, planText, runDeploy, runPlan } from "@basalt/testing";
import { describe, expect, test } from "vitest";
import plugin from "./index.js";

const strategies = plugin.strategies ?? [];
const url = (name: string): JsonObject => ({ url: `http://x/${name}` });
const deviceWith = (methods: JsonObject = { "u-boot": null }, parameters: JsonObject = {}): JsonObject => ({
  hostname: "board-01",
  parameters: { bootm: { kernel: "0x1000" }, bootz: { kernel: "0x2000" } },
  actions: { deploy: { methods: { tftp: null }, parameters }, boot: { methods } },
});

describe("the plan", () => {
  const names = (block: JsonObject, device = deviceWith()): readonly string[] =>
    planText(
      planOf({
        job: {
          timeouts: { job: { hours: 1 } },
          actions: [{ deploy: { to: "tftp", timeout: { minutes: 4 }, ...block } }],
        },
        device,
        strategies,
      }),
    )
      .split("\n")
      .filter((line) => /^ *1/.test(line))
      .map((line) => line.trim().replace(/^\S+ (\S+) \S+( x\d+)?/, "$1"));
  const prepare = ["extract-nfsrootfs", "parse-persistent-nfs", "extract-overlay-ramdisk", "extract-modules"];
  const finish = ["configure-preseed-file", "compress-ramdisk"];

  test("downloads have an order of their own, dtbos and extra files last", () => {
    const block = {
      extra_files: { b: url("b"), a: url("a") },
      dtbo: [url("0"), url("1")],
      ...Object.fromEntries(
        ["tee", "preseed", "modules", "nfsrootfs", "dtb", "kernel", "ramdisk"].map((k) => [k, url(k)]),
      ),
    };
    const fetched = names(block).filter((line) => line.startsWith("http"));
    expect(fetched.map((line) => line.split("/").at(-1))).toEqual([
      ...["ramdisk", "kernel", "dtb", "nfsrootfs", "modules", "preseed", "tee"],
      ...["0", "1", "b", "a"],
    ]);
  });
  test("what is prepared is always planned; a kernel only where its type is given", () => {
    expect(names({})).toEqual(["tftp-deploy", "prepare-tftp-overlay", ...prepare, ...finish]);
    expect(names({ kernel: { ...url("k"), type: "zimage" } }).slice(3)).toEqual([
      "prepare-tftp-overlay",
      ...prepare,
      ...["prepare-kernel", "uboot-prepare-kernel"],
      ...finish,
    ]);
  });
  test("depthcharge gets its FIT image last; other bootloaders an empty node", () => {
    expect(names({}, deviceWith({ depthcharge: null })).slice(-3)).toEqual([
      "compress-ramdisk",
      "prepare-kernel",
      "prepare-fit",
    ]);
    expect(names({ kernel: { ...url("k"), type: "image" } }, deviceWith({ grub: null }))).toEqual([
      ...["tftp-deploy", "download-retry", "http-download http://x/k", "prepare-tftp-overlay", ...prepare],
      ...["prepare-kernel", ...finish],
    ]);
  });
});

async function deploy(block: JsonObject, device = deviceWith(), slots: readonly (readonly [never, unknown])[] = []) {
  const names = ["Image", "r.cpio.gz", "root.tar", "modules.tar", "a.dtb"];
  const ran = await runDeploy({
    strategies,
    device,
    block: { to: "tftp", ...block },
    slots,
    serves: Object.fromEntries(names.map((name) => [`http://x/${name}`, name])),
    runner: new FakeProcessRunner().answer("mkimage").answer("sh").answer("lzma"),
  });
  return { ...ran, archived: ran.archiver.calls };
}
const folder = "/srv/tftp/1/tftp-deploy-1";

describe("a kernel", () => {
  test.each([
    ["zimage", "bootz", []],
    ["uimage", "bootm", []],
    ["image", "bootm", ["mkimage", "-A", "arm", "-O", "linux", "-T", "kernel"]],
  ])("of type %s is started by %s", async (type, command, argv) => {
    const ran = await deploy({ kernel: { ...url("Image"), type } });
    expect(ran.outcome).toEqual({ result: "pass" });
    expect(ran.slot(BootCommandSlot)).toBe(command);
    expect((ran.runner.calls[0] ?? []).slice(0, 7)).toEqual(argv);
  });
  test("for depthcharge becomes a FIT image with device tree and ramdisk", async () => {
    const device = deviceWith({ depthcharge: null }, { mkimage_arch: "arm64" });
    const ran = await deploy({ kernel: url("Image"), dtb: url("a.dtb"), ramdisk: url("r.cpio.gz") }, device);
    expect(ran.slot(FitSlot)).toEqual({ path: `${folder}/kernel/image.itb`, holdsRamdisk: true });
    const mkimage = ran.runner.calls.find(([tool]) => tool === "mkimage") ?? [];
    expect(mkimage.join(" ")).toContain(
      `-C lzma -d ${folder}/kernel/Image.lzma -a 0 -b ${folder}/dtb/a.dtb -i ${folder}/ramdisk/r.cpio.gz`,
    );
  });
});

describe("a ramdisk", () => {
  test("gets U-Boot's header where the device wants it", async () => {
    const ran = await deploy(
      { ramdisk: { ...url("r.cpio.gz"), compression: "gz" } },
      deviceWith({ "u-boot": null }, { add_header: "u-boot", mkimage_arch: "arm64" }),
    );
    expect(ran.slot(downloadedSlot("ramdisk"))?.path).toBe(`${folder}/ramdisk/ramdisk.cpio.gz.uboot`);
    expect(ran.runner.calls.at(-1)?.slice(0, 7)).toEqual(["mkimage", "-A", "arm64", "-T", "ramdisk", "-C", "none"]);
  });
  test("that nothing is added to goes as it came", async () => {
    const ran = await deploy({ ramdisk: { ...url("r.cpio.gz"), compression: "gz" } });
    expect(ran.slot(downloadedSlot("ramdisk"))?.path).toBe(`${folder}/ramdisk/r.cpio.gz`);
    expect(ran.slot(RamdiskWorkSlot)).toMatchObject({ compression: "gz" });
  });
});

describe("NFS", () => {
  test("a root file system is unpacked, its modules beside", async () => {
    const ran = await deploy({ nfsrootfs: url("root.tar"), modules: url("modules.tar") });
    expect(ran.outcome).toEqual({ result: "pass" });
    const root = ran.slot(NfsRootSlot)?.path ?? "";
    expect(ran.archived).toEqual([
      `untar ${folder}/nfsrootfs/root.tar ${root}`,
      `untar ${folder}/modules/modules.tar ${root}`,
    ]);
  });
  test("a prefix that is not in the archive, and modules without a place, are the job's fault", async () => {
    const prefix = await deploy({ nfsrootfs: { ...url("root.tar"), prefix: "jessie/" } });
    expect(prefix.outcome).toMatchObject({ error: { code: "ERR_NFS_PREFIX", kind: "job" } });
    expect((await deploy({ modules: url("modules.tar") })).outcome).toMatchObject({
      error: { code: "ERR_MODULES_NOWHERE" },
    });
  });
  test.each([
    ["10.0.0.9:/srv/root", { serverIp: "10.0.0.9", path: "/srv/root" }],
    ["nfs.lab:/a:b", { serverIp: "nfs.lab", path: "/a:b" }],
  ])("persistent: %s", async (address, root) => {
    const ran = await deploy({ persistent_nfs: { address } });
    expect(ran.slot(NfsRootSlot)).toEqual(root);
    expect(ran.slot(PersistentNfsSlot)).toMatchObject({ installOverlay: true });
  });
  test.each(["/srv/root", ":/srv", "10.0.0.9"])("persistent: '%s' is no address", async (address) => {
    expect((await deploy({ persistent_nfs: { address } })).outcome).toMatchObject({
      error: { code: "ERR_NFS_ADDRESS", kind: "job" },
    });
  });

  const apply = async (installOverlay: boolean, runner: FakeProcessRunner) => {
    const files = new FakeFiles();
    const archiver = new FakeArchiver(files);
    const ran = await runPlan(applyOverlayTftp, {
      section: "deploy",
      slots: [
        [OverlayFileSlot, "/jobs/1/overlay.tar.gz"],
        [PersistentNfsSlot, { server: "10.0.0.9", path: "/srv/root", installOverlay }],
      ],
      services: [
        [ArchiverToken, archiver],
        [FileStoreToken, files],
        [ProcessRunnerToken, runner],
      ],
    });
    return { ...ran, archived: archiver.calls, calls: runner.calls };
  };
  test("persistent: mounted while the overlay is put in, and let go", async () => {
    const { outcome, archived, calls } = await apply(true, new FakeProcessRunner().answer("mount").answer("umount"));
    expect(outcome).toEqual({ result: "pass" });
    expect(calls.map(([tool]) => tool)).toEqual(["mount", "umount"]);
    expect(calls[0]?.slice(0, 4)).toEqual(["mount", "-t", "nfs", "10.0.0.9:/srv/root"]);
    expect(archived).toHaveLength(1);
  });
  test("persistent: not touched where the job says so; a mount that fails says what", async () => {
    expect((await apply(false, new FakeProcessRunner())).calls).toEqual([]);
    const refused = await apply(true, new FakeProcessRunner().answer("mount", { code: 32, stderr: "access denied" }));
    expect(refused.outcome).toMatchObject({
      error: { code: "ERR_NFS_MOUNT", kind: "infrastructure", message: expect.stringContaining("access denied") },
    });
  });
});

describe("what devices can fetch by TFTP", () => {
  const limited = async (block: JsonObject) => {
    const { outcome } = await runDeploy({
      strategies,
      device: deviceWith(),
      block: { to: "tftp", ...block },
      serves: Object.fromEntries(["k", "big", "root.tar"].map((name) => [`http://x/${name}`, name.repeat(3)])),
      services: [[TftpServerToken, { root: async () => "/srv/tftp", sizeLimitBytes: 8 }]],
    });
    return outcome;
  };
  test.each([
    ["kernel", { kernel: url("big") }, "kernel/big"],
    ["dtbo1", { dtbo: [url("k"), url("big")] }, "dtbo1/big"],
    ["fw", { extra_files: { fw: url("big") } }, "extra_files/fw/big"],
    ["files", { extra_files: { files: url("big") } }, "extra_files/files/big"],
    ["tftp", { extra_files: { tftp: url("big") } }, "extra_files/tftp/big"],
  ])("%s: one byte too many is refused, with file, size and limit", async (key, block, path) => {
    expect(await limited(block)).toMatchObject({
      action: "prepare-tftp-overlay",
      error: { kind: "job", code: "ERR_TFTP_SIZE", details: { key, path: `${folder}/${path}`, size: 9, limit: 8 } },
    });
  });
  test("smaller ones pass, and what the worker unpacks is not counted", async () => {
    expect(await limited({ kernel: url("k"), nfsrootfs: url("root.tar") })).toEqual({ result: "pass" });
  });
});

test("the job's folder on the TFTP server goes when the job ends", async () => {
  const { files, outcome } = await deploy({ kernel: url("Image") });
  expect(outcome).toEqual({ result: "pass" });
  expect([...files.files.keys()].filter((path) => path.startsWith("/srv/tftp"))).toEqual([]);
});
