import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConsoleServer } from "./console-server.mjs";
import { machineCommand, writeStartScript } from "./machine.mjs";
import { openNetwork, userNetwork } from "./network.mjs";

/** Ends the machine where a job left it running: by the id that it wrote itself, in its own namespace the network ends it. */
async function endMachine(pidFile, ownNamespace) {
  if (ownNamespace) return;
  const pid = Number(await readFile(pidFile, "utf8").catch(() => ""));
  const line = pid > 0 ? await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "") : "";
  if (line.includes(pidFile)) process.kill(pid, "SIGKILL");
}

/**
 * Makes a virtual board, switched off, in a folder of its own under /tmp: network, console server, start script, and the settings
 * (basalt.config.yaml) that tell `basalt run` about this worker. Disposing ends all of it and removes the folder.
 *
 * `programs` is what findPrograms gave; `consolePort` 0 takes a free one.
 */
export async function openBoard({ programs, consolePort = 0 }) {
  const folder = await mkdtemp(join(tmpdir(), "basalt-virtual-board-"));
  const paths = {
    tftpRoot: join(folder, "tftp"),
    jobs: join(folder, "jobs"),
    qmpSocket: join(folder, "qmp.sock"),
    consoleSocket: join(folder, "console.sock"),
    pidFile: join(folder, "qemu.pid"),
    start: join(folder, "start"),
    config: join(folder, "basalt.config.yaml"),
  };
  const undos = [() => rm(folder, { recursive: true, force: true })];
  const close = async () => {
    for (let undo = undos.pop(); undo; undo = undos.pop()) await undo();
  };
  const use = (opened) => {
    undos.push(() => opened[Symbol.asyncDispose]());
    return opened;
  };
  try {
    await mkdir(paths.tftpRoot);
    await mkdir(paths.jobs);
    const ownNamespace = programs.network === "namespace";
    const network = use(
      ownNamespace
        ? await openNetwork({ folder, tftpRoot: paths.tftpRoot, nfsRoot: paths.jobs, nfs: programs.nfs })
        : userNetwork(paths),
    );
    undos.push(() => endMachine(paths.pidFile, ownNamespace));
    const console = use(await openConsoleServer({ port: consolePort, socketFile: paths.consoleSocket }));
    await writeStartScript(paths.start, [...network.enter, ...machineCommand({ ...paths, netdev: network.netdev })]);
    const dispatcher = {
      dispatcher_ip: network.serverIp,
      dispatcher_download_dir: paths.jobs,
      tftp_root: paths.tftpRoot,
    };
    await writeFile(paths.config, `dispatcher: ${JSON.stringify(dispatcher)}\n`);
    return { folder, ...paths, network, console, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
