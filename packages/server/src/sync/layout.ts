import type { DocumentKind } from "../store/rows.js";

/** A document's place in the database. */
export interface TextKey {
  readonly kind: DocumentKind;
  /** Of the device, type, health check or worker; '' is for all workers. */
  readonly name: string;
}

/** A document, and where it stands in a folder. */
export interface LabText extends TextKey {
  readonly text: string;
  /** As people are told of it: relative to where they are. */
  readonly file: string;
}

export const keyText = ({ kind, name }: TextKey): string => `${kind}/${name}`;

/** What a lab's folder may hold besides texts. */
export const labFileName = "lab.yaml";

/** Folders of LAVA's `dispatcher-config`, with the ending that files in them have (spec 6.6). */
export const configFolders = [
  { folder: "devices", suffix: ".jinja2", kind: "device" },
  { folder: "device-types", suffix: ".jinja2", kind: "devicetype" },
  { folder: "health-checks", suffix: ".yaml", kind: "health-check" },
] as const;

/** Files of a worker in `dispatcher.d/NAME`, or for all workers beside `dispatcher.d`; the first name is the one that is written. */
export const workerFiles = [
  { kind: "dispatcher", files: ["dispatcher.yaml"] },
  { kind: "env", files: ["env.yaml"] },
  { kind: "env-dut", files: ["env-dut.yaml", "env.dut.yaml"] },
] as const;

/** Whether a document's file lies in `dispatcher-config`, where a lab has that folder. */
export const isConfigKind = (kind: DocumentKind): boolean => configFolders.some((known) => known.kind === kind);

/** Where a document is written, relative to the folder for its kind. */
export function pathOf({ kind, name }: TextKey): string {
  const config = configFolders.find((known) => known.kind === kind);
  if (config) return `${config.folder}/${name}${config.suffix}`;
  return name === "" ? `${kind}.yaml` : `dispatcher.d/${name}/${kind}.yaml`;
}
