import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { run } from "../lib/run.mjs";
import { mac } from "./machine.mjs";
import { openRelay } from "./relay.mjs";

/** The worker's address on the board's network, and the board's. */
export const workerAddress = "192.168.77.1";
export const boardAddress = "192.168.77.10";
const tap = "board0";

/** NFS server for everything below a folder, versions 3 and 4, as root: a root file system belongs to root. */
const ganesha = (folder, state) => `
NFS_CORE_PARAM { Protocols = 3, 4; Enable_NLM = false; Enable_RQUOTA = false; Bind_addr = ${workerAddress}; }
NFSv4 { Graceless = true; RecoveryBackend = fs; RecoveryRoot = "${state}"; }
EXPORT {
  Export_Id = 1; Path = "${folder}"; Pseudo = "${folder}";
  Access_Type = RW; Squash = None; SecType = sys; Protocols = 3, 4;
  FSAL { Name = VFS; }
}
`;

/** Runs as the first process of the namespaces: whatever it started ends with it, and it ends when its standard input does. */
const script = ({ folder, tftpRoot, nfs }) => `set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/ganesha /run/rpcbind
ip link set lo up
ip link add bridge0 type bridge
ip address add ${workerAddress}/24 dev bridge0
ip tuntap add ${tap} mode tap
ip link set ${tap} master bridge0
ip link set bridge0 up
ip link set ${tap} up
in.tftpd --listen --foreground --address ${workerAddress}:69 --secure ${tftpRoot} >${folder}/tftpd.log 2>&1 &
dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=bridge0 --bind-interfaces --user=root --pid-file= \\
  --dhcp-range=${boardAddress},${boardAddress} --dhcp-host=${mac},${boardAddress} --dhcp-leasefile=${folder}/leases \\
  >${folder}/dnsmasq.log 2>&1 &
${
  nfs
    ? `rpcbind -w -f >${folder}/rpcbind.log 2>&1 &
ganesha.nfsd -F -f ${folder}/ganesha.conf -L ${folder}/ganesha.log -p /run/ganesha.pid >${folder}/ganesha.out 2>&1 &
until rpcinfo -t ${workerAddress} nfs 3 >/dev/null 2>&1; do sleep 0.05; done`
    : ""
}
echo ready
cat >/dev/null
`;

/**
 * The board's network in namespaces of its own (network, mounts, processes): bridge, tap, TFTP (tftpd-hpa), DHCP (dnsmasq) and NFS
 * (ganesha). Needs root. Disposing ends all that runs there; so does the end of this process, however it comes.
 */
export async function openNetwork({ folder, tftpRoot, nfsRoot, nfs }) {
  await mkdir(join(folder, "recovery"), { recursive: true });
  await writeFile(join(folder, "ganesha.conf"), ganesha(nfsRoot, join(folder, "recovery")));
  const names = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
  const child = spawn("unshare", [...names, "sh", "-c", script({ folder, tftpRoot, nfs })], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  });
  let said = "";
  child.stderr.on("data", (data) => {
    said += data;
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const ready = new Promise((resolve, reject) => {
    child.once("error", reject);
    createInterface({ input: child.stdout }).once("line", resolve);
    void ended.then(() => reject(new Error(`the board's network can't be made: ${said.trim() || "no reason given"}`)));
  });
  const close = async () => {
    child.stdin.end();
    await ended;
  };
  try {
    await ready;
  } catch (error) {
    await close();
    throw error;
  }
  const enter = ["nsenter", `--net=/proc/${child.pid}/ns/net`, `--pid=/proc/${child.pid}/ns/pid_for_children`];
  return {
    serverIp: workerAddress,
    /** Words before a command that make it run in there, to end with the network. */
    enter,
    netdev: `tap,id=n,ifname=${tap},script=no,downscript=no`,
    /** Leads a UDP port of this machine to the board's. */
    forward: ({ port, boardPort }) => openRelay({ enter, port, to: { address: boardAddress, port: boardPort } }),
    /** Cuts or mends the board's network cable. */
    cable: (state) => run(enter[0], [...enter.slice(1), "ip", "link", "set", tap, state]),
    log: (name) => readFile(join(folder, `${name}.log`), "utf8").catch(() => ""),
    [Symbol.asyncDispose]: close,
  };
}

/** QEMU's own network, for users that are not root: its DHCP and TFTP, no NFS. `forwards` are UDP ports that lead to the board's. */
export const userNetwork = ({ tftpRoot, forwards = [] }) => ({
  serverIp: "10.0.2.2",
  enter: [],
  netdev: [
    `user,id=n,tftp=${tftpRoot}`,
    ...forwards.map(({ port, boardPort }) => `hostfwd=udp:127.0.0.1:${port}-:${boardPort}`),
  ].join(","),
  async [Symbol.asyncDispose]() {},
});
