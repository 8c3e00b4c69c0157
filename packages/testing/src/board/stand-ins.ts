/** Programs of the board that stand in for those that would need hardware or rights. First in its PATH. */

const drives = '"${BOARD_ROOT:-}/basalt/drives"';

// drives are folders, read from their images when the board got them; without a private root the paths in their files that begin with
// the mount point are rewritten (other names that begin with lava- are commands)
const mount = `#!/bin/sh
source= target=
for arg in "$@"; do
  case $skip$arg in
    -t|-o|--types|--options) skip=+; continue;;
    +*|-*) ;;
    *) if [ -z "$source" ]; then source=$arg; else target=$arg; fi;;
  esac
  skip=
done
case $source in
  UUID=*) drive=\${source#UUID=};;
  /dev/disk/by-uuid/*) drive=\${source##*/};;
  *) PATH=\${PATH#*:}; exec mount "$@";;
esac
if [ ! -d ${drives}/"$drive" ]; then echo "mount: $target: can't find UUID=$drive." >&2; exit 1; fi
if [ ! -d "$target" ]; then echo "mount: $target: mount point does not exist." >&2; exit 32; fi
cp -a ${drives}/"$drive"/. "$target"/ || exit 32
if [ -n "$BOARD_ROOT" ]; then
  name=\${target##*/}
  grep -rlIF "/$name" "$target" | while read -r file; do
    sed -i -e ":a" -e "s#\\(^\\|[^A-Za-z0-9_./})-]\\)/$name\\([^A-Za-z0-9_.-]\\|$\\)#\\1$BOARD_ROOT/$name\\2#" -e ta "$file"
  done
fi
`;

const umount = `#!/bin/sh
for target in "$@"; do :; done
case $target in *lava-*) exit 0;; esac
PATH=\${PATH#*:}; exec umount "$@"
`;

const down = (what: string, says: string): string => `#!/bin/sh
echo ${what} > "\${BOARD_ROOT:-}/basalt/control"
printf '\\nBroadcast message from root@board on ttyS0:\\n\\nThe system is going down for ${says} NOW!\\n' > /dev/tty
kill -KILL "$BOARD_SHELL"
`;

export const standIns: Readonly<Record<string, string>> = {
  mount,
  umount,
  reboot: down("reboot", "reboot"),
  poweroff: down("poweroff", "power-off"),
  halt: down("poweroff", "system halt"),
};
