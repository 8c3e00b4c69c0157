// Console text as a board prints it: kernel boot lines, package installation, test output, a prompt every 25 lines or so.
const words =
  "usb scsi ext4 mmc0 eth0 random tcp clocksource cpu0 dma_pool thermal iommu pci 0000:00:1f.2 enabled registered link up firmware loaded timeout version driver device bridge window".split(
    " ",
  );
const prompts = [
  "root@debian:/# ",
  "debian login: ",
  "=> ",
  "/ # ",
  "(initramfs) ",
  "lava-test: # ",
  "switch~$ ",
  "linaro-test [rc=0]# ",
];

function random(seed) {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

/** About `bytes` of text; the same for the same seed. */
export function consoleText(bytes, seed = 1) {
  const next = random(seed);
  const phrase = (n) => Array.from({ length: n }, () => words[next(words.length)]).join(" ");
  const out = [];
  let length = 0;
  let clock = 0;
  for (let line = 0; length < bytes; line++) {
    clock += next(9000) / 1e6;
    const kind = next(100);
    let text;
    if (kind < 60) text = `[${clock.toFixed(6).padStart(12)}] ${phrase(1)}: ${phrase(5 + next(6))}`;
    else if (kind < 75)
      text = `Setting up lib${phrase(1)}-${next(90)}:amd64 (${next(9)}.${next(20)}.${next(9)}-${next(4)}+deb12u${next(9)}) ...`;
    else if (kind < 88)
      text = `test_${words[next(words.length)]}_${next(500)} ... \x1b[32mok\x1b[0m (${next(9000)} ms)`;
    else if (kind < 96) text = `+ /lava-42/bin/lava-test-case t${next(900)} --result pass`;
    else if (kind < 98) text = `I/${phrase(1)}(${next(9000)}): ${phrase(6)} 0x${next(2 ** 31).toString(16)}`;
    else if (kind < 99) text = next(4) > 0 ? `${phrase(2)}: ${phrase(5)}` : `naïve café ${phrase(4)} – 23 °C`;
    else
      text = `[${clock.toFixed(6).padStart(12)}] ${["WARNING: CPU: 0 PID: 1 at kernel/x.c:1", "BUG: soft lockup - CPU#1 stuck", "------------[ cut here ]------------"][next(3)]}`;
    text += "\r\n";
    if (line % 25 === 24) text += `${prompts[next(prompts.length)]}${phrase(2)}\r\n`;
    out.push(text);
    length += text.length;
  }
  return out.join("");
}

export const promptPatterns = [
  "root@(.*):/#",
  "login:",
  "=> ",
  "/ # ",
  "\\(initramfs\\)",
  "lava-test: # ",
  "~\\$ ",
  "linaro-test",
];
