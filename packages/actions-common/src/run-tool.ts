import {
  type ActionContext,
  infrastructureError,
  type ProcessOptions,
  type ProcessResult,
  type ProcessRunner,
} from "@basalt/core";

/** Debian packages of the tools we call, for the hint when one is missing. */
const debianPackages: Readonly<Record<string, string>> = {
  bsdtar: "libarchive-tools",
  cpio: "cpio",
  debugfs: "e2fsprogs",
  mke2fs: "e2fsprogs",
  "qemu-img": "qemu-utils",
  sfdisk: "fdisk",
  simg2img: "android-sdk-libsparse-utils",
  img2simg: "android-sdk-libsparse-utils",
  tar: "tar",
  unzip: "unzip",
  zip: "zip",
  uuu: "uuu",
};

/** Options of {@link runTool}: those of the process runner, less what it sets itself. */
export type ToolOptions = Partial<Omit<ProcessOptions, "signal" | "onLine">>;

/**
 * Runs a tool on the worker as LAVA does: logs `Calling`, its lines and `Returned`.
 * @throws ERR_TOOL_FAILED (infrastructure) with the tool's last lines when it exits non-zero; ERR_TOOL_MISSING when there is none
 */
export async function runTool(
  runner: ProcessRunner,
  argv: readonly string[],
  ctx: ActionContext,
  options: ToolOptions = {},
): Promise<ProcessResult> {
  const [tool = ""] = argv;
  if ((await runner.find(tool)) === undefined) {
    const debian = debianPackages[tool];
    const hint = debian === undefined ? "" : `: install Debian's package ${debian}`;
    throw infrastructureError("ERR_TOOL_MISSING", `${tool} is not installed on this worker${hint}`);
  }
  ctx.log.debug(`Calling: ${JSON.stringify(argv)}`);
  const result = await runner.run(argv, {
    ...options,
    signal: ctx.signal,
    onLine: (line) => ctx.log.debug(`>> ${line}`),
  });
  ctx.log.debug(`Returned ${result.code ?? result.endedBy} in ${Math.round(result.ms / 1000)} seconds`);
  if (result.code !== 0) {
    const said = (result.stderr.trim() || result.stdout.trim()).split("\n").slice(-5).join("\n");
    throw infrastructureError(
      "ERR_TOOL_FAILED",
      `${argv.join(" ")} ended with ${result.code ?? result.endedBy}: ${said || "it printed nothing"}`,
    );
  }
  return result;
}
