import { expect, test } from "vitest";
import { readYaml } from "../yaml/read-yaml.js";
import { deviceProblemsToError, formatProblems } from "./problem.js";
import { validateDevice } from "./validate-device.js";

const device = `hostname: lab-bbb-1
devicetype: beaglebone-black
constants:
  posix: {lava_test_sh_cmd: /bin/sh}
parameters:
  media:
commands:
  connections:
    uart0: {connect: telnet ser2net 7101, tags: [primary, telnet]}
  hard_reset: [/opt/pdu off 3, /opt/pdu on 3]
  power_off: /opt/pdu off 3
  users: {mux: {do: /opt/mux 1, undo: /opt/mux 0}}
actions:
  deploy:
    methods: {tftp: null, ssh: {port: 22}}
    connections:
  boot:
    methods: {u-boot: {parameters: {bootloader_prompt: '=>'}}, fastboot: [reboot]}
    connections: {serial: null}
timeouts:
  actions: {power-off: {seconds: 10}}
  connections: {dd-image: {minutes: 10}}
some_key_of_a_lab: {x: 1}
`;

const check = async (from: string | RegExp, to: string) => {
  const text = device.replace(from, to);
  expect(text).not.toBe(device);
  return validateDevice(await readYaml(text, { file: "bbb.yaml", kind: "configuration" }));
};

test("a device is accepted, with keys we do not know", async () => {
  expect(await validateDevice(await readYaml(device))).toEqual({ ok: true, warnings: [] });
});

test.each([
  ["no constants", /constants:\n.*\n/, "", "1:1: error: (the document): constants is missing [ERR_DEVICE_MISSING]"],
  ["no parameters", /parameters:\n.*\n/, "", "1:1: error: (the document): parameters is missing [ERR_DEVICE_MISSING]"],
  [
    "no connection timeouts",
    /\n {2}connections: \{dd.*/,
    "",
    "20:1: error: timeouts: connections is missing [ERR_DEVICE_MISSING]",
  ],
  [
    "a timeout without a unit",
    "{seconds: 10}",
    "{second: 10}",
    "21:24: error: timeouts.actions.power-off: not a valid value",
  ],
  [
    "a command that is a mapping",
    "power_off: /opt/pdu off 3",
    "power_off: {do: off}",
    "11:14: error: commands.power_off: not a valid value",
  ],
  [
    "a list with a mapping in it",
    "/opt/pdu on 3]",
    "{a: b}]",
    "10:32: error: commands.hard_reset[1]: a mapping cannot stand here",
  ],
  [
    "a console without a command",
    "{connect: telnet ser2net 7101, tags: [primary, telnet]}",
    "{tags: [primary]}",
    "9:5: error: commands.connections.uart0: connect is missing",
  ],
  [
    "tags that are no list",
    "tags: [primary, telnet]",
    "tags: primary",
    "9:49: error: commands.connections.uart0.tags: a text cannot stand here",
  ],
  [
    "a user command without what it does",
    "{do: /opt/mux 1, undo",
    "{undo",
    "12:11: error: commands.users.mux: do is missing",
  ],
  [
    "a USB id that YAML reads as a number",
    "hostname: lab-bbb-1",
    "usb_vendor_id: 1234",
    "1:16: error: usb_vendor_id: YAML reads this as a number, not as text: put it in quotes",
  ],
  [
    "power commands beside ssh",
    "ssh: {port: 22}",
    "ssh: {port: 22, host: 10.0.0.1}",
    "10:3: error: commands.hard_reset: the power of a device whose primary connection is ssh cannot be switched [ERR_DEVICE_SSH_POWER]",
  ],
  [
    "a repeated key",
    "hostname: lab-bbb-1",
    "hostname: a\nhostname: 5",
    "2:11: error: hostname: YAML reads this as a number",
  ],
])("a device with %s is refused", async (_name, from, to, message) => {
  const result = await check(from, to);
  if (result.ok) throw new Error("accepted");
  expect(formatProblems(result.problems)).toContain(`bbb.yaml:${message}`);
  const error = deviceProblemsToError(result.problems);
  expect([error.kind, error.code]).toEqual(["configuration", "ERR_DEVICE_INVALID"]);
});
