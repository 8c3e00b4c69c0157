import { downloadedSlot, InstallationSlot } from "@basalt/actions-common";
import {
  DownloaderToken,
  FileStoreToken,
  type JsonObject,
  ProcessRunnerToken,
  TftpServerToken,
  toDevice,
} from "@basalt/core";
import { FakeDownloader, FakeFiles, FakeProcessRunner, fakeTests, planOf, planText, runPlan } from "@basalt/testing";
import { expect, test } from "vitest";
import { deployIso } from "./index.js";
import { isoCommands, withTftp } from "./iso-commands.js";

const deviceWith = (options: readonly string[]): JsonObject => ({
  hostname: "qemu-01",
  actions: {
    deploy: { methods: { image: { parameters: { guest: { interface: "virtio" } } } } },
    boot: { methods: { qemu: { parameters: { command: "qemu-system-x86_64", options, extra: ["-smp 2"] } } } },
  },
});
const device = deviceWith(["-m 512", "-nographic", "-net nic,model=virtio -net user"]);
const images: JsonObject = {
  preseed: {
    url: "http://x/preseed.cfg",
    image_arg: "-append 'auto=true url=tftp://10.0.2.2/{preseed} --- console=ttyS0 {x}'",
  },
  iso: { url: "http://x/netinst.iso", image_arg: "-drive file={iso},index=2,media=cdrom,readonly=on" },
};
const iso = { installation_size: "4G", kernel: "/install.amd/vmlinuz", initrd: "/install.amd/initrd.gz" };
const block: JsonObject = { to: "iso-installer", images, iso };

test("the command lines: base, disk, ISO image, kernel, preseed; the installer's reboot ends QEMU", () => {
  const commands = isoCommands(toDevice(device), {
    disk: { path: "/d/hd.qcow2", interface: "virtio" },
    iso: { path: "/d/n.iso" },
    preseed: { tftpPath: "1/p.cfg", imageArg: "-append 'url=tftp://10.0.2.2/{preseed} {iso}'" },
    kernel: "/d/vmlinuz",
    initrd: "/d/initrd.gz",
  });
  const base =
    "qemu-system-x86_64 -m 512 -nographic -net nic,model=virtio -net user -smp 2 -drive format=qcow2,file=/d/hd.qcow2,media=disk,if=virtio";
  expect(commands.installed.join(" ")).toBe(base);
  expect(commands.install.join(" ")).toBe(
    `${base} -drive file=/d/n.iso,media=cdrom,readonly=on -kernel /d/vmlinuz -initrd /d/initrd.gz -append url=tftp://10.0.2.2/1/p.cfg /d/n.iso -no-reboot`,
  );
});

test.each([
  [
    ["-net", "nic", "-net", "user"],
    ["-net", "nic", "-net", "user,tftp=/f"],
  ],
  [
    ["-netdev", "user,id=n0"],
    ["-netdev", "user,id=n0,tftp=/f"],
  ],
  [
    ["-nic", "user,model=virtio"],
    ["-nic", "user,model=virtio,tftp=/f"],
  ],
  [
    ["-netdev", "user,id=n0,tftp=/own"],
    ["-netdev", "user,id=n0,tftp=/own"],
  ],
  [
    ["-netdev", "tap,id=user", "-name", "user"],
    ["-netdev", "tap,id=user", "-name", "user"],
  ],
])("QEMU's own TFTP server: %j", (argv, expected) => expect(withTftp(argv, "/f")).toEqual(expected));

const planned = (params: JsonObject, on = device, tested = false) =>
  planOf({
    job: {
      job_name: "x",
      timeouts: { job: { minutes: 9 } },
      actions: [{ deploy: params }, ...(tested ? [{ test: { definitions: [] } }] : [])],
    },
    device: on,
    strategies: [deployIso, fakeTests],
  });
const names = (params: JsonObject, tested: boolean) =>
  planText(planned(params, device, tested))
    .split("\n")
    .flatMap((line) => /^ *1[.\d]* (\S+.*)/.exec(line)?.[1]?.replace(/ (9m|30s)/, "") ?? []);
const prepared = [
  ...["deploy-iso-installer", "prepare-empty-image"],
  ...["download-retry", "http-download http://x/preseed.cfg", "download-retry", "http-download http://x/netinst.iso"],
  ...["pull-installer-files", "prepare-qemu-commands"],
];

test("the plan: the preseed before the ISO image; overlay, its drive and the device's data only for tests", () => {
  expect(names(block, false)).toEqual(prepared);
  expect(names({ ...block, images: { iso: images.iso, preseed: images.preseed } as JsonObject }, true)).toEqual([
    ...prepared,
    ...["lava-overlay", "lava-multinode-overlay", "test-definition", "compress-overlay"],
    ...["apply-overlay-guest", "deploy-device-env"],
  ]);
});

test("blocks and devices that lack what it needs are refused with the reason", () => {
  expect(() => planned({ ...block, iso: {} })).toThrow("no 'installation_size'");
  expect(() => planned(block, { hostname: "b" })).toThrow("no deploy method 'image'");
});

const run = async (on: JsonObject, params: JsonObject = block, runner = new FakeProcessRunner().answer(/./)) => {
  const files = new FakeFiles();
  const downloader = new FakeDownloader(files)
    .serve("http://x/preseed.cfg", "d-i")
    .serve("http://x/netinst.iso", "CD001");
  let servedDuringJob: readonly string[] = [];
  const ran = await runPlan(planned(params, on), {
    services: [
      [FileStoreToken, files],
      [DownloaderToken, downloader],
      [ProcessRunnerToken, runner],
      [TftpServerToken, { root: async () => "/srv/tftp", sizeLimitBytes: 4 }],
    ],
    onEvent: (event) => {
      if (event.type === "action-ended" && event.name === "prepare-qemu-commands")
        servedDuringJob = [...files.files.keys()].filter((path) => path.startsWith("/srv/tftp"));
    },
  });
  const left = [...files.files.keys()].filter((path) => path.startsWith("/srv/tftp"));
  const install = ran.slot(InstallationSlot)?.install.join(" ") ?? "";
  return { ...ran, install, servedDuringJob, left, lines: runner.calls.map((argv) => argv.join(" ")) };
};

test("disk, files of the ISO image and command lines; QEMU's user network serves the preseed", async () => {
  const { outcome, lines, install, servedDuringJob } = await run(device);
  expect(outcome).toEqual({ result: "pass" });
  expect(lines).toEqual([
    expect.stringMatching(/^qemu-img create -q -f qcow2 \/jobs\/1\/prepare-empty-image-\d+\/hd.qcow2 4G$/),
    expect.stringMatching(
      /^bsdtar -x -f \/jobs\/1\/1-deploy-iso-installer\/iso\/netinst.iso -C \/jobs\/1\/pull-installer-files-\d+ install.amd\/vmlinuz install.amd\/initrd.gz$/,
    ),
  ]);
  expect(install).toContain(" -net user,tftp=/jobs/1/1-deploy-iso-installer/preseed ");
  expect(install).toContain(" -append auto=true url=tftp://10.0.2.2/preseed.cfg --- console=ttyS0 {x} ");
  expect(install).toMatch(/ -kernel \/jobs\/1\/pull-installer-files-\d+\/install.amd\/vmlinuz -initrd /);
  expect(servedDuringJob).toEqual([]);
});

test("without it, the worker's TFTP server serves the preseed, until the job ends", async () => {
  const { outcome, install, servedDuringJob, left } = await run(deviceWith(["-netdev tap,id=n0"]));
  expect(outcome).toEqual({ result: "pass" });
  const [path = ""] = servedDuringJob;
  expect(path).toMatch(/^\/srv\/tftp\/1\/deploy-iso-installer-[\d.]+\/preseed.cfg$/);
  expect(install).toContain(`url=tftp://10.0.2.2/${path.replace("/srv/tftp/", "")} `);
  expect(left).toEqual([]);
});

test("an ISO image that boots by itself: nothing is pulled", async () => {
  const { lines, install } = await run(device, { ...block, iso: { installation_size: "4G" } });
  expect(lines).toHaveLength(1);
  expect(install).not.toContain("-kernel");
});

test.each([
  [{ installation_size: "huge" }, new FakeProcessRunner().answer(/./), "ERR_ISO_SIZE", "'huge'"],
  [iso, new FakeProcessRunner().answer(/^qemu-img/), "ERR_TOOL_MISSING", "libarchive-tools"],
  [iso, new FakeProcessRunner().answer(/^bsdtar/), "ERR_TOOL_MISSING", "qemu-utils"],
  [
    iso,
    new FakeProcessRunner().answer(/./).answer(/^bsdtar -x/, { code: 1, stderr: "vmlinuz: Not found in archive" }),
    "ERR_TOOL_FAILED",
    "Not found",
  ],
])("%j with a worker that lacks something is told: %#", async (change, runner, _code, words) => {
  const { outcome } = await run(device, { ...block, iso: change }, runner);
  expect(outcome).toMatchObject({ error: { message: expect.stringContaining(words) } });
});

test("slots: what the boot method reads is there", async () => {
  const { slot } = await run(device);
  expect(slot(downloadedSlot("iso"))?.path).toBe("/jobs/1/1-deploy-iso-installer/iso/netinst.iso");
  expect(slot(InstallationSlot)?.installed).not.toContain("-no-reboot");
});
