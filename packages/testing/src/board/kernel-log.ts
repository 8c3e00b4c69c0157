export interface KernelLogOptions {
  readonly arch: "arm64" | "amd64";
  readonly commandLine: string;
}

const release = "6.1.0-28";

const opening = {
  arm64: (cmdline: string) => [
    "Booting Linux on physical CPU 0x0000000000 [0x410fd034]",
    `Linux version ${release}-arm64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP Debian 6.1.119-1 (2024-11-22)`,
    "Machine model: Basalt simulated board",
    "Zone ranges:",
    "  DMA      [mem 0x0000000040000000-0x000000005fffffff]",
    "psci: PSCIv1.1 detected in firmware.",
    `Kernel command line: ${cmdline}`,
    "Dentry cache hash table entries: 65536 (order: 7, 524288 bytes, linear)",
    "Memory: 450816K/524288K available (13312K kernel code, 2760K rwdata, 9224K rodata, 6144K init, 614K bss)",
    "GICv2: GIC: Using split EOI/Deactivate mode",
    "smp: Brought up 1 node, 4 CPUs",
    "Serial: AMBA PL011 UART driver",
    "9000000.pl011: ttyAMA0 at MMIO 0x9000000 (irq = 13, base_baud = 0) is a PL011 rev1",
  ],
  amd64: (cmdline: string) => [
    `Linux version ${release}-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0) #1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)`,
    `Command line: ${cmdline}`,
    "BIOS-provided physical RAM map:",
    "BIOS-e820: [mem 0x0000000000000000-0x000000000009fbff] usable",
    "DMI: Basalt simulated board, BIOS 1.16.2 04/01/2014",
    "tsc: Detected 2593.906 MHz processor",
    `Kernel command line: ${cmdline}`,
    "Memory: 225276K/261624K available (14342K kernel code, 2332K rwdata, 9056K rodata, 2792K init, 17404K bss)",
    "smpboot: CPU0: Basalt Virtual CPU (family: 0x6, model: 0x6, stepping: 0x3)",
    "Serial: 8250/16550 driver, 4 ports, IRQ sharing enabled",
    "00:01: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A",
  ],
} as const;

const closing = [
  "NET: Registered PF_INET protocol family",
  "Trying to unpack rootfs image as initramfs...",
  "workingset: timestamp_bits=46 max_order=17 bucket_order=0",
  "virtio_blk virtio1: [vda] 1048576 512-byte logical blocks (537 MB/512 MiB)",
  "usbcore: registered new interface driver usb-storage",
  "rtc-pl031 9010000.pl031: setting system clock to 2026-01-01T00:00:00 UTC (1767225600)",
  "clk: Disabling unused clocks",
  "Freeing unused kernel memory: 6144K",
  "Run /init as init process",
] as const;

/** Seconds since boot as the kernel prints them: `[    1.234567] `. */
export const stamp = (seconds: number): string => `[${seconds.toFixed(6).padStart(12)}] `;

/** A kernel's log from its first line to init, without line ends. */
export function kernelLog({ arch, commandLine }: KernelLogOptions): readonly string[] {
  const lines = [...opening[arch](commandLine), ...closing];
  return lines.map((line, i) => `${stamp(i < 6 ? 0 : (i - 5) * 0.117_317)}${line}`);
}

/** What the kernel of Debian 12 prints when it panics. */
export function kernelPanic(reason: string, arch: "arm64" | "amd64", seconds = 3.25): readonly string[] {
  const trace =
    arch === "arm64"
      ? [" dump_backtrace+0xe4/0x140", " show_stack+0x20/0x30", " dump_stack_lvl+0x64/0x80", " dump_stack+0x18/0x34"]
      : [" <TASK>", " dump_stack_lvl+0x44/0x5c", " panic+0x118/0x2ed", " mount_block_root+0x1d3/0x1e6"];
  const lines = [
    `Kernel panic - not syncing: ${reason}`,
    `CPU: 0 PID: 1 Comm: swapper/0 Not tainted ${release}-${arch} #1  Debian 6.1.119-1`,
    "Hardware name: Basalt simulated board",
    arch === "arm64" ? "Call trace:" : "Call Trace:",
    ...trace,
    "Kernel Offset: disabled",
    `---[ end Kernel panic - not syncing: ${reason} ]---`,
  ];
  return lines.map((line, i) => `${stamp(seconds + i * 0.003_911)}${line}`);
}

/** Lines that a kernel prints at any moment. */
export const kernelChatter: readonly string[] = [
  "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
  "random: crng reseeded due to virtual machine fork",
  "e1000 0000:00:03.0 eth0: NIC Link is Up 1000 Mbps Full Duplex",
  "IPv6: ADDRCONF(NETDEV_CHANGE): eth0: link becomes ready",
  "EXT4-fs (vda1): re-mounted. Quota mode: none.",
];
