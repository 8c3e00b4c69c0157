import { type JsonSchema, schema } from "@basalt/core";

const { text, texts, common } = schema;

const of = (title: string, description: string, properties: JsonSchema["properties"] = {}): JsonSchema => ({
  title,
  description,
  properties,
});

/** Keys of the flashers' boot blocks (lava-dispatcher.md 1.5). */
export const schemas = {
  "cmsis-dap": of("CMSIS-DAP", "Copies images to the board's USB disk, which flashes them."),
  dfu: of("DFU", "Flashes images with dfu-util."),
  gdb: {
    ...of("GDB", "Loads and starts images with a debugger.", {
      commands: text("Name of the device's list of commands."),
      container: text("Container image in place of the device's."),
    }),
    required: ["commands"],
  },
  jlink: of("J-Link", "Flashes images with SEGGER's J-Link.", {
    prompts: common("prompts"),
    commands: texts("Commands of J-Link in place of erase, load and reset; {KEY} is an image's path."),
    coretype: text("Core of the processor, one of the device's supported_core_types."),
  }),
  openocd: of("OpenOCD", "Flashes images with OpenOCD."),
  pyocd: of("pyOCD", "Flashes images with pyOCD."),
} as const satisfies Record<string, JsonSchema>;
