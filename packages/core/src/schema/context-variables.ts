/** Names a job's `context` may set (lava-dispatcher.md 1.1, lava-server.md 6.9). An installation may allow more. */
export const contextVariables: readonly string[] = [
  ..."arch boot_console boot_root cpu extra_options guestfs_driveid guestfs_interface guestfs_size machine".split(" "),
  ..."memory model monitor netdevice no_kvm no_network serial vga".split(" "),
  ...["booti", "bootm", "bootz"].flatMap((boot) => ["dtb", "kernel", "ramdisk"].map((file) => `${boot}_${file}_addr`)),
  ..."deploy_character_delay boot_character_delay boot_retry bootloader_prompt console_device".split(" "),
  ..."custom_kernel_args extra_kernel_args extra_nfsroot_args failure_retry kernel_loglevel".split(" "),
  ..."kernel_start_message lava_test_results_dir menu_interrupt_prompt mustang_menu_list".split(" "),
  ..."test_character_delay tftp_mac_address uboot_extra_error_message uboot_needs_interrupt uboot_altbank".split(" "),
];
