import { posix } from "node:path";
import { type ActionContext, type FileStore, infrastructureError, type ProcessRunner } from "@basalt/core";
import { runTool } from "../run-tool.js";

/** What a file system image is changed with. */
export interface ExtImageTools {
  readonly runner: ProcessRunner;
  readonly files: FileStore;
}

// debugfs splits a line at blanks and knows double quotes, but no escape for one inside
const quoted = (path: string): string => {
  if (/["\n]/.test(path))
    throw infrastructureError("ERR_IMAGE_PATH", `debugfs can't write a file named ${JSON.stringify(path)}`);
  return `"${path}"`;
};

/** One line of `find -printf '%y %m %P\t%l\n'`, as debugfs commands. */
function commandsFor(line: string, folder: string): readonly string[] {
  const [head = "", link = ""] = line.split("\t");
  const match = /^(\w) (\d+) (.+)$/.exec(head);
  if (!match) return [];
  const [, kind, mode = "644", name = ""] = match;
  const target = quoted(`/${name}`);
  const owner = [`sif ${target} uid 0`, `sif ${target} gid 0`];
  if (kind === "d") return [`mkdir ${target}`];
  if (kind === "l") return [`symlink ${target} ${quoted(link)}`, ...owner];
  return [
    `rm ${target}`,
    `write ${quoted(posix.join(folder, name))} ${target}`,
    `sif ${target} mode 0100${mode.padStart(3, "0")}`,
    ...owner,
  ];
}

/** Byte offset of a partition (counted from 0, as LAVA's `partition`) of a disk image. */
export async function partitionOffset(
  tools: ExtImageTools,
  image: string,
  partition: number,
  ctx: ActionContext,
): Promise<number> {
  const { stdout } = await runTool(tools.runner, ["sfdisk", "--json", image], ctx);
  const table = JSON.parse(stdout).partitiontable as { sectorsize?: number; partitions: readonly { start: number }[] };
  const found = table.partitions[partition];
  if (!found)
    throw infrastructureError(
      "ERR_IMAGE_PARTITION",
      `${image} has ${table.partitions.length} partitions: there is no number ${partition} (counted from 0)`,
    );
  return found.start * (table.sectorsize ?? 512);
}

/**
 * Copies a folder's content into an ext2/3/4 file system image, owners root, without mounting it and without root (debugfs).
 * `offset` is where in the file the file system begins, in bytes.
 */
export async function addToExtImage(
  tools: ExtImageTools,
  image: string,
  folder: string,
  options: { readonly offset?: number; readonly ctx: ActionContext },
): Promise<void> {
  const { ctx, offset = 0 } = options;
  const { stdout } = await runTool(
    tools.runner,
    ["find", folder, "-mindepth", "1", "-printf", "%y %m %P\\t%l\\n"],
    ctx,
  );
  const commands = stdout.split("\n").flatMap((line) => commandsFor(line, folder));
  const script = posix.join(await tools.files.makeFolder("debugfs"), "commands");
  await tools.files.write(script, `${commands.join("\n")}\n`);
  const target = offset === 0 ? image : `${image}?offset=${offset}`;
  const { stderr } = await runTool(tools.runner, ["debugfs", "-w", "-f", script, target], ctx);
  // debugfs exits 0 whatever happens; that a folder exists or a file to replace does not is no trouble
  const troubles = stderr
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^debugfs \d|exists|File not found by ext2_lookup/.test(line));
  if (troubles.length > 0)
    throw infrastructureError(
      "ERR_IMAGE_WRITE",
      `could not write the overlay into ${image}: ${troubles.slice(0, 3).join("; ")}`,
    );
}
