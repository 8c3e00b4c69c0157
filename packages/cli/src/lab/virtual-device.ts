import { spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { asObject, asText, configurationError, type JsonObject, readYamlFast } from "@basalt/core";

/** A device of a lab: its dictionary makes it what it is. */
export interface LabDevice {
  readonly name: string;
  readonly type: string;
  readonly dictionary: string;
}

const hasQemu = (): boolean => spawnSync("qemu-system-x86_64", ["--version"], { stdio: "ignore" }).status === 0;

const virtual = "virtual-1";

/** Like the machine of qemu.jinja2, but played by a stand-in that takes QEMU's command line. */
function simulatedDictionary(): string {
  const manifest = createRequire(import.meta.url).resolve("@basalt/testing/package.json");
  const program = `${process.execPath} ${join(dirname(manifest), "bin", "simulated-qemu.mjs")}`;
  return `{% extends "qemu.jinja2" %}\n{% set qemu_program = ${JSON.stringify(program)} %}\n{% set no_kvm = true %}\n`;
}

/** The device of a lab that has no other: a QEMU machine, or its stand-in. `why` says what it is. */
export function virtualDevice(simulated: boolean): { readonly device: LabDevice; readonly why: string } {
  if (!simulated && hasQemu())
    return {
      device: { name: virtual, type: "qemu", dictionary: '{% extends "qemu.jinja2" %}\n' },
      why: "a QEMU machine",
    };
  const why = simulated
    ? "a simulated board, as asked for"
    : "a simulated board: QEMU is not installed here (Debian: qemu-system-x86)";
  return { device: { name: virtual, type: "qemu", dictionary: simulatedDictionary() }, why };
}

/** A device of a file; its type is that of the template it extends, or what a rendered one says of itself. */
export async function deviceOfFile(cwd: string, path: string): Promise<LabDevice> {
  const file = resolve(cwd, path);
  const dictionary = await readFile(file, "utf8").catch((cause: Error) => {
    throw configurationError("ERR_DEVICE_UNREADABLE", `can't read the device in ${file}: ${cause.message}`, { cause });
  });
  const { typeOfDictionary } = await import("@basalt/device-types");
  const rendered = /\{[%{#]/.test(dictionary)
    ? {}
    : asObject(readYamlFast(dictionary, { file, kind: "configuration" }) as JsonObject);
  const type = typeOfDictionary(dictionary) ?? asText(rendered.devicetype);
  if (type === undefined)
    throw configurationError(
      "ERR_DEVICE_INVALID",
      `${file} is no device's dictionary: it neither extends a template ({% extends "qemu.jinja2" %}) nor says devicetype`,
    );
  const hostname = asText(rendered.hostname);
  return { name: hostname ?? basename(file).replace(/\.\w+$/, ""), type, dictionary };
}
