import { FAILSAFE_SCHEMA, load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { createEnvironment, lavaFilters, mapLoader } from "./index.js";
import { fromJs } from "./runtime/from-js.js";
import type { Value } from "./runtime/values.js";
import { deviceTemplates } from "./testing/device-templates.js";
import { askPeer, hasPeer, type PeerRequest } from "./testing/peer.js";

const contexts: readonly Readonly<Record<string, unknown>>[] = [
  {},
  {
    arch: "arm64",
    cpu: "cortex-a57",
    machine: "virt",
    memory: 2048,
    model: "virtio-net-pci",
    no_kvm: true,
    no_network: 1,
    extra_options: ["-smp 2", "-append 'x y'"],
    guestfs_interface: "virtio",
    guestfs_size: 512,
    guestfs_driveid: "lavatest",
    boot_root: "/dev/vda",
    boot_console: "ttyAMA0",
    serial: "mon:stdio",
    vga: "std",
    netdevice: "tap",
    monitor: "none",
  },
  {
    extra_kernel_args: "quiet splash",
    extra_nfsroot_args: ",nolock",
    console_device: "ttyS7",
    kernel_loglevel: 3,
    custom_kernel_args: "custom=1",
    kernel_start_message: "Starting",
    bootloader_prompt: "U-Boot>",
    boot_retry: 4,
    boot_character_delay: 7,
    test_character_delay: 9,
    deploy_character_delay: 1,
    failure_retry: 2,
    tftp_mac_address: "00:11",
    booti_kernel_addr: "0x1",
    booti_ramdisk_addr: "0x2",
    booti_dtb_addr: "0x3",
    bootm_kernel_addr: "0x4",
    bootm_dtb_addr: "0x5",
    bootm_ramdisk_addr: "0x6",
    bootz_kernel_addr: "0x7",
    bootz_ramdisk_addr: "0x8",
    bootz_dtb_addr: "0x9",
    menu_interrupt_prompt: "stop?",
    mustang_menu_list: [{ select: "one" }],
    lava_test_results_dir: "/lava-%s",
    uboot_altbank: true,
    uboot_needs_interrupt: false,
    uboot_extra_error_message: "ERROR: cannot",
    extra_options: "single",
  },
  {
    // What a dictionary sets, so that the branches for power, connections and flashing are taken.
    connection_command: "telnet localhost 7001",
    connection_list: ["uart0", "uart1"],
    connection_tags: { uart1: ["primary"] },
    connection_commands: { uart0: "telnet a 1", uart1: "telnet b 2" },
    hard_reset_command: ["off", "on"],
    power_on_command: "on",
    power_off_command: "off",
    soft_reboot_command: "reboot",
    adb_serial_number: "0123",
    fastboot_serial_number: "4567",
    fastboot_options: ["-i", "0x18d1"],
    device_info: [{ board_id: "0123" }],
    usb_vendor_id: "0525",
    usb_product_id: "a4a5",
    usb_mass_device: "/dev/sdx",
    static_info: [{ board_id: "S_1" }],
    device_ip: "10.0.0.2",
    storage_info: [{ SATA: "/dev/sda" }],
    sysfs: { eth0: "/sys" },
    map: { eth0: { sw1: 3 } },
    environment: { A: "1", B: "x y" },
    flash_cmds_order: ["update", "cdt", "boot"],
    base_ip_args: "ip=dhcp",
    mac_addr: { eth0: "aa:bb" },
    user_commands: { led_on: { do: "on", undo: "off" }, reset: { do: ["a", "b"] } },
    tags: { eth0: ["10G"] },
    ssh_host: "host",
    root_dev: "/dev/mmc",
    interfaces: ["eth0"],
    docker_shell_extra_arguments: ["--x"],
    nfs_rootdev: "/x",
    uuu_usb_otg_path: "2:143",
    exclusive: "True",
    hub: [{ id: 1 }],
    sd_uuid_path: "/dev/uuid",
    kernel_loglevel: null,
    extra_kernel_args: "",
  },
];

const values = (context: Readonly<Record<string, unknown>>): Record<string, Value> =>
  Object.fromEntries(Object.entries(context).map(([name, value]) => [name, fromJs(value)]));

/** js-yaml's failsafe schema reads an empty scalar as null, PyYAML's base loader as "". */
function emptyAsText(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(emptyAsText);
  if (value === null || value === undefined) return "";
  if (typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, emptyAsText(item)]));
}

const templates = deviceTemplates();
const reason = typeof templates === "string" ? templates : hasPeer() ? undefined : "no python3-jinja2 here";
if (reason !== undefined) console.log(`device templates of lava-server: skipped, ${reason}`);

describe.skipIf(reason !== undefined)("device-type templates of Debian's lava-server", () => {
  it("render to the text and the data python3-jinja2 gives", { timeout: 120_000 }, async () => {
    if (typeof templates === "string") return;
    const names = Object.keys(templates);
    expect(names.length).toBeGreaterThanOrEqual(363);
    const cases = names.flatMap((name) => contexts.map((context) => ({ name, context })));
    const requests = cases.map(({ name, context }, i): PeerRequest => {
      const request: PeerRequest = {
        name,
        shared: "lava",
        options: { trimBlocks: true },
        yaml: true,
        context: values(context),
      };
      return i === 0 ? { ...request, templates } : request;
    });
    const answers = await askPeer(requests);
    const environment = createEnvironment({ loader: mapLoader(templates), trimBlocks: true, filters: lavaFilters });
    let rendered = 0;
    cases.forEach(({ name, context }, i) => {
      const answer = answers[i]!;
      let text: string | undefined;
      let failure: string | undefined;
      try {
        text = environment.render(name, context);
      } catch (error) {
        failure = String(error);
      }
      const where = `${name} ${JSON.stringify(context).slice(0, 60)} ${failure ?? ""} ${answer.message ?? ""}`;
      expect(text, where).toBe(answer.text);
      if (text === undefined || answer.data === undefined) return;
      rendered++;
      expect(emptyAsText(load(text, { schema: FAILSAFE_SCHEMA, json: true })), where).toEqual(answer.data);
    });
    expect(rendered).toBeGreaterThan(cases.length * 0.95);
  });
});
