import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openConsoleServer } from "./console-server.mjs";
import { makeFlash } from "./flash.mjs";
import { machineCommand, writeStartScript } from "./machine.mjs";
import { openNetwork, userNetwork } from "./network.mjs";
import { openStandInFastboot } from "./stand-in-fastboot.mjs";

/** Where U-Boot listens for fastboot. */
const fastbootPort = 5554;

/** A UDP port that nobody has: QEMU is told it before it starts. */
async function freePort() {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port } = socket.address();
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

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
 * `programs` is what findPrograms gave; `consolePort` 0 takes a free one. `firmware` is a U-Boot with fastboot, in place of Debian's;
 * with `fastboot` that port leads to the client's side of it: to U-Boot where its own is given, else to a stand-in beside the board.
 */
export async function openBoard({ programs, consolePort = 0, firmware, fastboot }) {
  const folder = await mkdtemp(join(tmpdir(), "basalt-virtual-board-"));
  const paths = {
    tftpRoot: join(folder, "tftp"),
    jobs: join(folder, "jobs"),
    qmpSocket: join(folder, "qmp.sock"),
    consoleSocket: join(folder, "console.sock"),
    flash: join(folder, "flash.img"),
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
    await makeFlash(paths.flash);
    const ownNamespace = programs.network === "namespace";
    const asked = fastboot === 0 ? await freePort() : fastboot;
    const forwards = asked === undefined || firmware === undefined ? [] : [{ port: asked, boardPort: fastbootPort }];
    const network = use(
      ownNamespace
        ? await openNetwork({ folder, tftpRoot: paths.tftpRoot, nfsRoot: paths.jobs, nfs: programs.nfs })
        : userNetwork({ ...paths, forwards }),
    );
    if (ownNamespace) for (const forward of forwards) use(await network.forward(forward));
    undos.push(() => endMachine(paths.pidFile, ownNamespace));
    const console = use(await openConsoleServer({ port: consolePort, socketFile: paths.consoleSocket }));
    if (asked !== undefined && firmware === undefined)
      use(await openStandInFastboot({ port: asked, flash: paths.flash, console }));
    const machine = machineCommand({ ...paths, firmware, netdev: network.netdev });
    await writeStartScript(paths.start, [...network.enter, ...machine]);
    const dispatcher = {
      dispatcher_ip: network.serverIp,
      dispatcher_download_dir: paths.jobs,
      tftp_root: paths.tftpRoot,
    };
    await writeFile(paths.config, `dispatcher: ${JSON.stringify(dispatcher)}\n`);
    return { folder, ...paths, network, console, fastboot: asked, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
