import { common, flag, type JsonSchema, text, textOrTexts, texts } from "./json-schema.js";

// Section 2 of lava-dispatcher.md, 6.9 (3) of lava-server.md. Templates write `key:` where they have nothing to say,
// so most mappings may be empty; keys that are not named here are allowed.

const mapping = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: ["object", "null"],
  description,
  ...more,
});

const command = (description: string): JsonSchema =>
  textOrTexts(description, { "x-expected": "a command or a list of commands" });

const methods = (section: string): JsonSchema =>
  mapping(`What the device can do in ${section} blocks.`, {
    properties: {
      methods: mapping("Methods by name, with their settings.", { additionalProperties: true }),
      connections: mapping("Kinds of connection by name.", { additionalProperties: true }),
      parameters: mapping("Settings of all methods.", { additionalProperties: true }),
    },
  });

const commands: JsonSchema = mapping("Commands of the worker that connect to the device and switch its power.", {
  properties: {
    connect: text("Command that opens the console."),
    connections: mapping("Consoles by name.", {
      additionalProperties: {
        type: "object",
        required: ["connect"],
        properties: {
          connect: text("Command that opens the console."),
          tags: texts("What the console is: primary, telnet, ssh, shell."),
        },
      },
    }),
    hard_reset: command("Resets the device by its power."),
    soft_reboot: command("Reboots the device from its shell."),
    power_on: command("Switches the device on."),
    power_off: command("Switches the device off."),
    pre_power_command: command("Runs before the device is switched on."),
    pre_os_command: command("Runs before the operating system boots."),
    recovery_mode: command("Puts the device into recovery mode."),
    recovery_exit: command("Takes the device out of recovery mode."),
    must_use_connection: flag("A connection must be open while the device is powered."),
    users: mapping("Commands that jobs may call by name.", {
      additionalProperties: {
        type: "object",
        required: ["do"],
        properties: { do: command("What is run."), undo: command("What is run when the job ends.") },
      },
    }),
  },
});

const timeouts: JsonSchema = {
  type: "object",
  description: "Times for actions by name.",
  required: ["actions", "connections"],
  properties: {
    actions: common("namedTimeouts", "Time for actions by name."),
    connections: common("namedTimeouts", "Time for each wait on the console, by action name."),
  },
};

const fourDigits = (description: string): JsonSchema =>
  text(description, { pattern: "^[0-9a-fA-F]{4}$", "x-expected": "four hexadecimal digits in quotes" });

const dicts = (description: string): JsonSchema => ({ type: "array", items: { type: "object" }, description });

/** A rendered device dictionary. */
export const deviceSchema: JsonSchema = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  $id: "basalt:device",
  title: "LAVA device",
  type: "object",
  "x-expected": "a mapping with constants, parameters and timeouts",
  required: ["constants", "parameters", "timeouts"],
  properties: {
    hostname: text("Name of the device."),
    devicetype: text("Name of its type."),
    constants: { type: "object", description: "Prompts and messages of its software." },
    parameters: { type: "object", description: "Addresses, media and interfaces." },
    commands,
    actions: mapping("What the device can do.", {
      properties: { deploy: methods("deploy"), boot: methods("boot"), test: methods("test") },
    }),
    timeouts,
    character_delays: mapping("Milliseconds between typed characters, by section.", {
      additionalProperties: { type: "number", minimum: 0 },
    }),
    adb_serial_number: text("Serial number of the device for adb."),
    fastboot_serial_number: text("Serial number of the device for fastboot."),
    fastboot_options: texts("Options added to each fastboot command."),
    fastboot_via_uboot: flag("Fastboot is entered from U-Boot."),
    fastboot_auto_detection: flag("The fastboot serial number is found out."),
    flash_cmds_order: texts("Order in which partitions are flashed."),
    board_id: text("Serial number of the board."),
    board_qdl_id: text("Serial number of the board for qdl."),
    usb_vendor_id: fourDigits("USB vendor of the board."),
    usb_product_id: fourDigits("USB product of the board."),
    usb_sleep: { type: "number", minimum: 0, description: "Seconds to wait for USB." },
    usb_filesystem_label: text("Label of the board's USB file system."),
    usb_serial_driver: text("Kernel driver of its USB serial port."),
    device_info: dicts("USB identities of the device's parts."),
    static_info: dicts("Facts that stand for {key} in URLs."),
    storage_info: dicts("Storage of the device, for its tests."),
    environment: mapping("Environment variables of the tests."),
    available_architectures: texts("Architectures QEMU can emulate."),
  },
};
