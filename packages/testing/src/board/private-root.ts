import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const exec = promisify(execFile);

/** What the board's processes find: a name in their environment that they are known by, and can be ended by. */
export const boardVariable = "BASALT_BOARD";

const environment = (root: string): string =>
  `HOME=${root}/root TERM=dumb PATH=${root}/basalt/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin ` +
  `PS1="$BOARD_PS1" ${boardVariable}="$${boardVariable}" BOARD_SHELL=$$`;

/**
 * Enters the scratch folder as `/`: system folders are bound in read only, the rest is the board's own. Runs in a mount namespace of its own,
 * so nothing of it is seen outside and all of it goes with the last process.
 */
const enterScript = `set -e
root=$1; shift
for d in /bin /sbin /usr /lib /lib32 /lib64 /libx32 /opt /nix /gnu /etc /var /sys /proc /dev; do
  if [ -L "$d" ]; then [ -L "$root$d" ] || ln -s "$(readlink "$d")" "$root$d"
  elif [ -d "$d" ]; then
    mkdir -p "$root$d"; mount --rbind "$d" "$root$d"
    case $d in /sys|/proc|/dev) ;; *) mount -o remount,bind,ro "$root$d" 2>/dev/null || true;; esac
  fi
done
# what a test writes to the kernel's log comes out on the board's console, not in the log of this machine
if t=$(tty); then mount --bind "$t" "$root/dev/kmsg" 2>/dev/null || true; fi
exec chroot "$root" /usr/bin/env -i ${environment("")} "$@"
`;

/** Without namespaces: an ordinary shell in the folder; paths under /lava- are rewritten on their way in and out. */
const plainScript = `root=$1; shift
cd "$root/root"
exec env -i ${environment("$root")} BOARD_ROOT="$root" "$@"
`;

/** How the board's shell is kept off this machine's own root folder. */
export interface PrivateRoot {
  /** True: `/` of the shell is the scratch folder. False: `/lava-...` must be rewritten. */
  readonly isPrivate: boolean;
  /** The command that runs a program on the board. */
  command(root: string, argv: readonly string[]): readonly string[];
}

const plain: PrivateRoot = {
  isPrivate: false,
  command: (root, argv) => ["sh", "-c", plainScript, "sh", root, ...argv],
};

const namespaced = (flags: string): PrivateRoot => ({
  isPrivate: true,
  command: (root, argv) => ["unshare", flags, "sh", "-c", enterScript, "sh", root, ...argv],
});

async function works(candidate: PrivateRoot): Promise<boolean> {
  const root = await mkdtemp(join(tmpdir(), "basalt-board-probe-"));
  try {
    const [program = "", ...args] = candidate.command(root, ["/bin/sh", "-c", "echo ok > /probe && test ! -e /tmp"]);
    await exec(program, args, { env: { PATH: process.env.PATH, BOARD_PS1: "", [boardVariable]: "probe" } });
    return true;
  } catch {
    return false;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

let found: Promise<PrivateRoot> | undefined;

/** The best way that works here: a mount namespace as root, one in a user namespace, or none at all. Asked once. */
export function findPrivateRoot(): Promise<PrivateRoot> {
  found ??= (async () => {
    const candidates = process.getuid?.() === 0 ? ["-m", "-Urm"] : ["-Urm"];
    for (const flags of candidates) if (await works(namespaced(flags))) return namespaced(flags);
    return plain;
  })();
  return found;
}

/** The way without namespaces, for machines that forbid them and for tests of it. */
export const plainRoot = plain;
